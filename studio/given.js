// What a clip starts from: pictures on a strip of film, or a video and what is done with it.
import {setSource, upload} from './api.js';
import {sourceOf} from './draft.js';
import {$, el, icon, iconButton, keepFocus, segments, toast} from './dom.js';
import {openGrow} from './grow.js';
import {openMask} from './mask.js';
import {t} from './words.js';

/// An image or the first moment of a video, from the server.
export function shown(media, properties = {}) {
  const isVideo = media.frames > 1;
  const element = el(isVideo ? 'video' : 'img', isVideo ? {muted: true, playsInline: true, loop: true, preload: 'metadata', 'aria-label': media.name ?? '', ...properties} : {alt: media.name ?? '', ...properties});
  setSource(element, media.url);
  return element;
}

/// A place where a file is chosen; `taken` gets what was uploaded.
export function picker(label, accept, taken, properties = {}) {
  const input = el('input', {type: 'file', accept, class: 'hidden', 'aria-label': label, onchange: async () => {
    if (!input.files.length) return;
    box.classList.add('busy');
    try {
      taken(await upload(input.files[0]));
    } catch (error) {
      toast(error.message);
    }
    box.classList.remove('busy');
    input.value = '';
  }});
  const box = el('label', {class: 'slot empty', ...properties}, input, icon('plus'), el('span', {}, label));
  return box;
}

/// A chosen file in its place.
export function filled(media, label, removed, extra = null) {
  return el('div', {class: 'slot'}, shown(media), el('span', {class: 'name'}, label), iconButton('close', `${t('remove')}: ${label}`, removed, {class: 'icon small remove'}), extra);
}

export function drawGiven(draft, model, changed) {
  const redraw = () => { keepFocus($('given').closest('fieldset'), () => drawGiven(draft, model, changed)); changed(); };
  $('given').closest('fieldset').hidden = !model.takes_media;
  const choices = [{value: 'nothing', label: t('nothing')}, {value: 'pictures', label: t('pictures')}];
  if (!model.requires_image) choices.push({value: 'video', label: t('video')});
  segments($('given'), 'given', choices, draft.given, value => { draft.given = value; draft.size = null; redraw(); });
  const parts = draft.given === 'pictures' ? pictures(draft, model, redraw) : draft.given === 'video' ? video(draft, model, redraw) : [];
  $('given-body').replaceChildren(...parts, el('p', {class: 'error', id: 'error-given', hidden: true}));
}

function pictures(draft, model, redraw) {
  const slot = (key, label) => draft[key]
    ? filled(draft[key], label, () => { draft[key] = null; if (key === 'first') draft.mask = draft.outpaint = null; redraw(); })
    : picker(label, 'image/*', media => { draft[key] = media; if (key === 'first') draft.mask = draft.outpaint = null; redraw(); });
  const middle = draft.middle.map((moment, i) => filled(moment.media, t('middlePicture'), () => { draft.middle.splice(i, 1); redraw(); },
    el('label', {class: 'inline at'}, el('span', {class: 'hidden'}, t('at')), el('input', {type: 'number', min: 0, step: 0.1, value: moment.seconds, onchange: event => { moment.seconds = Number(event.target.value); redraw(); }}), t('secondsUnit'))));
  const length = model.settings.frames * model.settings.fps[1] / model.settings.fps[0];
  const isPlain = draft.firstWhat === 'animate';
  const strip = el('div', {class: 'strip'}, slot('first', t('firstPicture')), isPlain ? middle : null,
    isPlain ? picker(t('middlePicture'), 'image/*', media => { draft.middle.push({media, seconds: Math.round(length / 2 * 10) / 10}); redraw(); }, {title: t('addPicture')}) : null,
    isPlain ? slot('last', t('lastPicture')) : null);
  const parts = [strip];
  if (draft.first && !model.requires_image) {
    const group = el('div', {class: 'segments', role: 'radiogroup', 'aria-label': t('what')});
    segments(group, 'first-what', ['animate', 'move', 'restyle', 'grow'].map(value => ({value: value === 'move' ? 'part' : value, label: t(value)})), draft.firstWhat,
      value => { draft.firstWhat = value; if (value !== 'animate') draft.last = null, draft.middle = []; redraw(); });
    parts.push(group, ...treatment(draft, model, redraw));
  }
  return parts;
}

function video(draft, model, redraw) {
  const choose = key => media => { draft[key] = media; if (key === 'video') draft.mask = draft.outpaint = null; redraw(); };
  if (!draft.video) return [el('div', {class: 'strip'}, picker(t('chooseVideo'), 'video/*,image/gif,image/webp', choose('video'), {class: 'slot empty wide'}))];
  const strip = el('div', {class: 'strip'}, filled(draft.video, t('video'), () => choose('video')(null)),
    draft.what !== 'join' ? null : draft.second ? filled(draft.second, t('video'), () => choose('second')(null)) : picker(t('chooseSecond'), 'video/*', choose('second')));
  const group = el('div', {class: 'segments', role: 'radiogroup', 'aria-label': t('what')});
  segments(group, 'what', ['after', 'before', 'join', 'restyle', 'part', 'grow'].map(value => ({value, label: t(value)})), draft.what, value => { draft.what = value; redraw(); });
  return [strip, group, ...treatment(draft, model, redraw)];
}

/// What the chosen treatment asks for more: how much, where, how far.
function treatment(draft, model, redraw) {
  const source = sourceOf(draft);
  if (source?.what === 'restyle') {
    const output = el('output', {}, draft.strength);
    return [el('div', {class: 'field'}, el('div', {class: 'labels'}, el('label', {for: 'strength'}, t('strength')), output),
      el('input', {type: 'range', id: 'strength', min: 0.1, max: 1, step: 0.05, value: draft.strength, oninput: event => { draft.strength = Number(event.target.value); output.textContent = draft.strength; }, onchange: redraw}),
      el('div', {class: 'ends', 'aria-hidden': 'true'}, el('span', {}, t('keep')), el('span', {}, t('change'))))];
  }
  if (source?.what === 'part') {
    const button = el('button', {type: 'button', class: 'quiet', id: 'paint', onclick: async () => {
      const mask = await openMask(source.media, draft.mask);
      if (mask) draft.mask = mask, redraw(), $('paint').focus();
    }}, icon('brush'), t(draft.mask ? 'painted' : 'paint'));
    return [el('div', {class: 'row'}, button, draft.mask ? shown({...draft.mask, frames: 1, name: t('painted')}, {class: 'mask'}) : null)];
  }
  if (source?.what === 'grow') {
    const grown = draft.outpaint, text = grown?.aspect ?? (grown ? ['left', 'top', 'right', 'bottom'].filter(side => grown[side]).map(side => `${t(side)} ${grown[side]}`).join(', ') : '16:9');
    return [el('div', {class: 'row'}, el('button', {type: 'button', class: 'quiet', id: 'grow', onclick: async () => {
      const outpaint = await openGrow(source.media, draft.outpaint, model.size_multiple);
      if (outpaint) draft.outpaint = outpaint, redraw(), $('grow').focus();
    }}, t('growTo')), el('span', {class: 'hint'}, text))];
  }
  return [];
}
