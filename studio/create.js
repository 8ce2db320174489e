// The form: what is asked for, and before that what it would take.
import {call, ApiError} from './api.js';
import {bodyOf, draft, drawSeed, frameRate, isEdit, recall, remember, restore, sourceOf, stepsOf} from './draft.js';
import {$, el, icon, iconButton, keepFocus, segments} from './dom.js';
import {drawGiven} from './given.js';
import {notices, told} from './sentences.js';
import {drawStory} from './story.js';
import {duration, language, memory, onLanguage, t} from './words.js';

let models = [], loras = [], model = null, seedOfSuggestions = 0, suggestions = [];
export const currentModel = () => model;

// ---- What it would take ---------------------------------------------------------------------------------------------

const fieldOfParam = {class_label: 'prompt', width: 'size', height: 'size', aspect: 'size', num_frames: 'seconds', loop: 'seconds', frames: 'seconds', steps: 'num_inference_steps',
  video: 'given', video_end: 'given', input_reference: 'given', image: 'given', last_image: 'given', mask: 'given', strength: 'given', outpaint: 'given', keyframes: 'given', extend: 'given', request: 'given'};
const controls = {prompt: 'prompt', seconds: 'seconds', guidance_scale: 'guidance', negative_prompt: 'negative', seed: 'seed', model: 'model'};

function clearErrors() {
  for (const e of document.querySelectorAll('.create .error')) e.hidden = true;
  for (const e of document.querySelectorAll('.create [aria-invalid]')) e.removeAttribute('aria-invalid');
}

/// Shows what is wrong beside the field that it is about.
export function showError(error) {
  clearErrors();
  const field = fieldOfParam[error.param] ?? error.param ?? 'form';
  const box = $(`error-${field}`) ?? $('error-form');
  const {text, lang} = told(error.message);
  box.textContent = text, box.lang = lang;
  box.hidden = false;
  const control = $(controls[field] ?? '');
  if (control) control.setAttribute('aria-invalid', 'true'), control.setAttribute('aria-errormessage', box.id);
  box.closest('details')?.setAttribute('open', '');
  return control;
}

let timer = 0, asking = null;
/// Asks the server what the draft would make, a moment after the last change.
export function changed() {
  remember();
  clearTimeout(timer);
  timer = setTimeout(askForecast, 350);
}

async function askForecast() {
  asking?.abort();
  asking = new AbortController();
  const signal = asking.signal;
  if (!model || !draft.prompt.trim()) return $('forecast').replaceChildren(), $('prompt-count').textContent = '', clearErrors();
  try {
    const plan = await call('POST', '/api/resolve', bodyOf(model), signal);
    clearErrors();
    const seconds = plan.seconds * draft.variants;
    const before = $('queue').children.length;
    $('forecast').replaceChildren(el('p', {class: 'cost'}, [t('forecast', duration(seconds), memory(plan.bytes)), before ? t('waiting', before) : null].filter(Boolean).join(' · ')),
      plan.notices.length ? notices(plan.notices) : '');
    $('prompt-count').textContent = [t('characters', [...draft.prompt].length), plan.tokens ? t('tokens', plan.tokens.used, plan.tokens.limit) : null].filter(Boolean).join(' · ');
    $('prompt-count').classList.toggle('over', Boolean(plan.tokens && plan.tokens.used > plan.tokens.limit));
  } catch (error) {
    if (signal.aborted) return;
    $('forecast').replaceChildren();
    if (error instanceof ApiError) showError(error);
  }
}

// ---- The fields -----------------------------------------------------------------------------------------------------

function drawShapes() {
  const source = sourceOf(), isGrown = source?.what === 'grow', hasGiven = Boolean(source || draft.last || draft.middle.length);
  $('shapes').closest('fieldset').hidden = isGrown;
  const choices = model.sizes.map(({width, height, is_native}) => ({value: `${width}x${height}`, width, height, is_native}));
  if (draft.size && !choices.some(c => c.value === draft.size.join('x'))) choices.push({value: draft.size.join('x'), width: draft.size[0], height: draft.size[1], is_native: false});
  if (!draft.size && !hasGiven) draft.size = [choices[0].width, choices[0].height];
  const chosen = draft.size?.join('x') ?? 'given';
  const picture = (width, height) => {
    const box = el('i', {class: 'frame', 'aria-hidden': 'true'}), longest = Math.max(width, height);
    box.style.width = `${Math.round(26 * width / longest)}px`, box.style.height = `${Math.round(26 * height / longest)}px`;
    return box;
  };
  const all = choices.map(({value, width, height, is_native}) => ({value, content: picture(width, height), label: value.replace('x', '×'), isOdd: !is_native, detail: is_native ? undefined : t('notNative')}));
  if (hasGiven) all.unshift({value: 'given', content: el('i', {class: 'frame auto', 'aria-hidden': 'true'}), label: t('asGiven')});
  segments($('shapes'), 'shape', all, chosen, value => {
    draft.size = value === 'given' ? null : value.split('x').map(Number);
    changed();
  });
  [...$('shapes').children].forEach((label, i) => label.classList.toggle('odd', Boolean(all[i].isOdd)));
}

function secondsOf(length) {
  if (length.kind === 'seconds') return length.value;
  return (length.kind === 'image' ? 1 : length.kind === 'frames' ? length.value : model.settings.frames) / frameRate(model);
}
const rounded = seconds => Math.round(seconds * 10) / 10;

function drawLength() {
  const source = sourceOf(), isFixed = source && isEdit(source.what) && source.media === draft.video;
  $('lengths').closest('fieldset').hidden = isFixed;
  const own = model.settings.frames / frameRate(model);
  const choices = [{value: 'image', label: t('image')}];
  if (model.settings.frames > 1) choices.push({value: 'own', label: `${rounded(own)} ${t('secondsUnit')}`});
  const most = Math.min(model.max_seconds, model.max_frames / frameRate(model));
  if (model.settings.frames > 1) for (const s of [5, 10, 30, 60]) if (s > own * 1.2 && s <= most) choices.push({value: `${s}`, label: `${s} ${t('secondsUnit')}`});
  const chosen = draft.length.kind === 'seconds' ? `${draft.length.value}` : draft.length.kind === 'frames' && draft.length.value === model.settings.frames ? 'own' : draft.length.kind;
  segments($('lengths'), 'length', choices, chosen, value => {
    draft.length = value === 'image' || value === 'own' ? {kind: value} : {kind: 'seconds', value: Number(value)};
    $('seconds').value = rounded(secondsOf(draft.length));
    drawMake(), drawStory(draft, model, changed), changed();
  });
  $('seconds').value = rounded(secondsOf(draft.length));
  $('seconds').closest('label').hidden = model.settings.frames === 1;
  $('loop').checked = draft.loop;
  $('loop-field').hidden = model.settings.frames === 1 || draft.given === 'video';
}

function drawMode() {
  const choices = [{value: 'fast', label: t('fast'), detail: t('steps', model.modes.fast.steps)}, {value: 'full', label: t('full'), detail: t('steps', model.modes.full.steps)}];
  if (draft.mode === 'kept' && draft.kept) choices.push({value: 'kept', label: t('steps', stepsOf(model))});
  segments($('modes'), 'mode', choices, draft.mode, value => { draft.mode = value; changed(); });
}

function drawGuidance() {
  const own = model.settings.guidance_scale;
  $('guidance').max = Math.max(10, 2 * own);
  $('guidance').value = draft.guidance ?? own;
  $('guidance-value').textContent = $('guidance').value;
}

function drawSeedField() {
  $('seed').value = draft.seed;
  $('lock').setAttribute('aria-pressed', String(draft.isLocked));
  $('lock').replaceChildren(icon(draft.isLocked ? 'lock' : 'unlock'));
  $('variants').value = draft.variants;
  $('negative').value = draft.negative ?? model.settings.negative_prompt;
  drawAside();
}
function drawAside() {
  $('more-aside').textContent = [models.length > 1 ? model.id : null, `${t('seed')} ${draft.seed}`, draft.variants > 1 ? `×${draft.variants}` : null].filter(Boolean).join(' · ');
}

/// The LoRA files that the server offers, each with how strongly it is used.
function drawLoras() {
  const names = [...new Set([...loras, ...draft.loras.map(l => l.name)])];
  $('loras').closest('fieldset').hidden = !names.length;
  $('loras').replaceChildren(...names.map(name => {
    const used = draft.loras.find(l => l.name === name);
    return el('div', {class: 'lora'},
      el('label', {class: 'check'}, el('input', {type: 'checkbox', checked: Boolean(used), onchange: event => {
        draft.loras = event.target.checked ? [...draft.loras, {name, scale: 1}] : draft.loras.filter(l => l.name !== name);
        keepFocus($('loras'), drawLoras), changed();
      }}), name),
      used ? el('input', {type: 'number', 'aria-label': `${t('scale')}: ${name}`, min: -2, max: 2, step: 0.1, value: used.scale, oninput: event => { used.scale = Number(event.target.value); changed(); }}) : null);
  }));
}

function drawMake() {
  const isImage = draft.length.kind === 'image' && !(sourceOf()?.media === draft.video && draft.video);
  $('make').firstElementChild.textContent = draft.variants > 1 ? t('makeMany', draft.variants) : t(isImage ? 'makeImage' : 'make');
}

function drawSuggestions() {
  $('suggestions').replaceChildren(...suggestions.map(p => el('button', {type: 'button', class: 'chip', onclick: () => {
    draft.prompt = p[language()], $('prompt').value = draft.prompt;
    $('prompt').focus(), changed();
  }}, p[language()])));
  $('another').hidden = !suggestions.length;
}
async function suggest() {
  suggestions = (await call('GET', `/api/models/${encodeURIComponent(model.id)}/prompts?count=3&seed=${seedOfSuggestions}`)).prompts;
  drawSuggestions();
}

/// What a restored request has that the form does not show, with a button to leave it out.
function drawKept() {
  const usual = {guidance_rescale: 0, guidance_interval: [0, 1], timesteps: [], ...model.settings}, kept = draft.kept ?? {};
  const isUsual = key => kept[key] === undefined || JSON.stringify(kept[key]) === JSON.stringify(usual[key]);
  const settings = ['sampler', 'shift', 'fps', 'guidance_scale_2', 'guidance_rescale', 'guidance_interval', 'timesteps'].filter(key => !isUsual(key));
  const texts = settings.map(key => `${key} ${[kept[key]].flat().join(key === 'fps' ? '/' : ', ')}`);
  if (draft.given === 'nothing') texts.push(...(kept.conditions ?? []).map(c => c.media));
  $('kept').hidden = !texts.length;
  $('kept').replaceChildren(el('span', {}, `${t('kept')}: ${texts.join(' · ')}`), iconButton('close', t('remove'), () => {
    draft.kept = null;
    if (draft.mode === 'kept') draft.mode = 'full';
    drawAll(), changed(), $('prompt').focus();
  }, {class: 'icon small'}));
}

/// Draws the whole form after the draft.
export function drawAll() {
  if (!model) return;
  $('prompt').value = draft.prompt;
  $('prompt').placeholder = t(model.makes_classes ? 'classHint' : 'promptHint');
  $('negative').closest('.field').hidden = model.makes_classes;
  drawSuggestions(), drawGiven(draft, model, () => { drawShapes(), drawLength(), drawMake(), drawKept(), changed(); }), drawStory(draft, model, changed);
  drawShapes(), drawLength(), drawMode(), drawGuidance(), drawSeedField(), drawLoras(), drawMake(), drawKept();
}

async function choose(id) {
  model = await call('GET', `/api/models/${encodeURIComponent(id)}`);
  $('model').value = id;
  suggestions = [];
  drawAll();
  if (draft.mode === 'kept' && !draft.kept) draft.mode = 'full';
  await suggest();
  changed();
}

/// Puts a request into the form, whatever model made it.
export async function useRequest(request) {
  restore(request, model);
  const named = models.find(m => m.id === request.model?.name);
  if (named && named.id !== model.id) await choose(named.id);
  drawAll(), changed();
  $('prompt').focus();
}
/// Changes the draft and shows it.
export function useDraft(changes) {
  Object.assign(draft, changes);
  drawAll(), changed();
  $('prompt').scrollIntoView({block: 'center'});
  $('prompt').focus();
}

async function make(event) {
  event.preventDefault();
  clearTimeout(timer);
  const body = bodyOf(model);
  $('make').disabled = true;
  try {
    for (let i = 0; i < draft.variants; ++i) await call('POST', '/api/jobs', {...body, seed: body.seed + i});
    clearErrors();
    if (!draft.isLocked) drawSeed();
    drawSeedField(), remember();
  } catch (error) {
    if (!(error instanceof ApiError)) error = new ApiError(0, {message: t('away')});
    showError(error)?.focus();
  } finally {
    $('make').disabled = false;
  }
}

export async function beginCreate() {
  drawSeed(), recall();
  const number = (id, act) => $(id).addEventListener('input', () => { if ($(id).value !== '') act(Number($(id).value)), changed(); });
  $('prompt').addEventListener('input', () => { draft.prompt = $('prompt').value; changed(); });
  $('prompt').addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('form').requestSubmit(); });
  $('negative').addEventListener('input', () => { draft.negative = $('negative').value; changed(); });
  $('loop').addEventListener('change', () => { draft.loop = $('loop').checked; changed(); });
  number('seconds', value => { draft.length = {kind: 'seconds', value}; drawMake(); drawStory(draft, model, changed); for (const radio of $('lengths').querySelectorAll('input')) radio.checked = radio.value === `${value}`; });
  number('guidance', value => { draft.guidance = value; $('guidance-value').textContent = value; });
  number('seed', value => { draft.seed = value; draft.isLocked = true; drawSeedField(); });
  number('variants', value => { draft.variants = Math.min(8, Math.max(1, Math.round(value))); drawMake(); drawAside(); });
  $('another').addEventListener('click', () => { seedOfSuggestions = Math.floor(Math.random() * 1e9); suggest(); });
  $('dice').addEventListener('click', () => { drawSeed(); drawSeedField(); changed(); });
  $('lock').addEventListener('click', () => { draft.isLocked = !draft.isLocked; drawSeedField(); remember(); });
  $('model').addEventListener('change', () => { draft.size = null; draft.guidance = null; draft.negative = null; choose($('model').value); });
  $('form').addEventListener('submit', make);
  models = (await call('GET', '/v1/models')).data;
  $('model').replaceChildren(...models.map(m => el('option', {value: m.id}, m.id)));
  loras = (await call('GET', '/v1/list_loras').catch(() => null))?.loaded_adapters.map(l => l.nickname) ?? [];
  await choose(models[0].id);
  onLanguage(() => { drawAll(); changed(); });
}
