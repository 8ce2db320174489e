// The storyboard: prompts that follow each other in time, on a line, each with a picture where one is given.
import {$, el, iconButton, keepFocus} from './dom.js';
import {frameRate} from './draft.js';
import {filled, picker} from './given.js';
import {t} from './words.js';

/// Draws the moments of a draft; `changed` hears of edits.
export function drawStory(draft, model, changed) {
  const fold = $('story');
  fold.hidden = model.makes_classes || model.settings.frames === 1;
  const shortest = Math.ceil((model.frames_at_once + model.frame_step) / frameRate(model));
  const seconds = draft.length.kind === 'seconds' ? draft.length.value : draft.length.kind === 'frames' ? draft.length.value / frameRate(model) : model.settings.frames / frameRate(model);
  const total = Math.max(seconds, ...draft.story.map(m => m.seconds), 1);
  $('story-aside').textContent = draft.story.length ? t('moments', draft.story.length + 1) : '';
  if (draft.story.length) fold.open = true;
  const redraw = () => keepFocus(fold, () => drawStory(draft, model, changed));
  const line = el('ol', {class: 'timeline', 'aria-hidden': 'true'});
  const drawLine = () => line.replaceChildren(...[{seconds: 0, prompt: draft.prompt}, ...draft.story].map((moment, i, all) => {
    const part = el('li', {}, el('b', {}, `${moment.seconds} ${t('secondsUnit')}`), el('span', {}, moment.prompt));
    part.style.flexGrow = Math.max(.02, ((all[i + 1]?.seconds ?? total) - moment.seconds) / total);
    return part;
  }));
  const rows = draft.story.map((moment, i) => el('div', {class: 'moment'},
    el('label', {class: 'inline'}, el('span', {}, t('momentAt')), el('input', {type: 'number', min: 0.1, step: 0.5, value: moment.seconds, onchange: event => {
      moment.seconds = Number(event.target.value);
      draft.story.sort((a, b) => a.seconds - b.seconds);
      redraw(), changed();
    }})),
    el('input', {type: 'text', value: moment.prompt, 'aria-label': `${t('momentPrompt')} ${i + 1}`, placeholder: t('momentPrompt'), oninput: event => { moment.prompt = event.target.value; drawLine(); changed(); }}),
    el('div', {class: 'row'}, moment.picture
      ? filled(moment.picture, t('momentPicture'), () => { delete moment.picture; redraw(); changed(); })
      : picker(t('momentPicture'), 'image/*', media => { moment.picture = media; redraw(); changed(); }),
    iconButton('close', t('remove'), () => { draft.story.splice(i, 1); redraw(); changed(); }, {class: 'icon small'}))));
  drawLine();
  const add = el('button', {type: 'button', class: 'quiet', onclick: () => {
    const last = draft.story.at(-1)?.seconds ?? 0, room = Math.max(seconds, 2 * shortest);
    if (seconds < 2 * shortest) draft.length = {kind: 'seconds', value: room}, $('seconds').value = room, $('seconds').dispatchEvent(new Event('input'));
    draft.story.push({seconds: Math.round((last + room) / 2), prompt: draft.prompt});
    redraw(), changed();
    $('story-body').querySelector('.moment:last-of-type input[type=text]')?.focus();
  }}, t('addMoment'));
  $('story-body').replaceChildren(el('p', {class: 'hint'}, t('storyHelp', shortest)), draft.story.length ? line : '', ...rows, add);
}
