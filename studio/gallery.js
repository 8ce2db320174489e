// The clips: those in the making, and those that are made.
import {call, callLast, listen, setSource} from './api.js';
import {$, el, icon, iconButton, toast} from './dom.js';
import {openClip, retry, vary} from './clip.js';
import {told, wrong} from './sentences.js';
import {duration, onLanguage, t} from './words.js';

const jobs = new Map();      // id -> the job as the server told it last
const previews = new Map();  // id -> where its newest preview is
const cards = new Map();     // id -> {element, text}: drawn again when the text changes
const leaving = new Map();   // id -> deletes it now; while it may be undone
const listed = new Set(), ofPages = new Set();  // ids that the stream told since it began; that older pages had
let onlyFavourites = false, oldest = null;

const isFinal = job => job.status !== 'queued' && job.status !== 'in_progress';
const favourites = new Set(JSON.parse(localStorage.getItem('zoetrope.favourites') ?? '[]'));
export const isFavourite = id => favourites.has(id);
export function setFavourite(id, is) {
  if (is) favourites.add(id); else favourites.delete(id);
  localStorage.setItem('zoetrope.favourites', JSON.stringify([...favourites]));
  draw();
}

/// What a clip is called: its prompt, or the model of one without.
const nameOf = job => job.asked?.prompt || job.model;

const stageWords = {sampling: 'sampling', decoding: 'decoding', loading: 'loading', encoding: 'encoding'};
const stageName = stage => t(Object.entries(stageWords).find(([word]) => stage.includes(word))?.[1] ?? 'working');

/// What a job in the making says of itself.
function progressText(job) {
  if (job.status === 'queued') return t('queued', job.position ?? 0);
  const left = job.seconds_left ?? job.forecast;
  if (!job.stage) return t('starting');
  return `${t('stageOf', stageName(job.stage), Math.floor(job.progress * 100))} · ${t('left_', duration(left))}`;
}

async function act(method, path, body) {
  try {
    return await call(method, path, body);
  } catch (error) {
    toast(told(error.message).text);
    return null;
  }
}

/// Deletes a clip when nobody has taken it back after some seconds, or when the page is left.
export function remove(id) {
  const go = () => { leaving.delete(id); act('DELETE', `/api/jobs/${id}`); };
  leaving.set(id, () => callLast('DELETE', `/api/jobs/${id}`));
  draw();
  toast(t('deleted'), {label: t('undo'), act: () => { leaving.delete(id); draw(); }, otherwise: go});
}
addEventListener('pagehide', () => { for (const go of leaving.values()) go(); leaving.clear(); });

function prioritise(job, isSooner) {
  const others = [...jobs.values()].filter(j => j.status === 'queued' && j.id !== job.id).map(j => j.priority);
  const priority = isSooner ? Math.max(...others, 0) + 1 : Math.min(...others, 0) - 1;
  act('POST', `/api/jobs/${job.id}/priority`, {priority: Math.min(100, Math.max(-100, priority))});
}

function queueCard(job) {
  const picture = el('div', {class: 'thumb'});
  if (previews.has(job.id)) {
    const image = el('img', {alt: ''});
    setSource(image, previews.get(job.id));
    picture.append(image);
  } else picture.append(icon('drum'));
  const bar = el('progress', {max: 1, value: job.progress, 'aria-label': nameOf(job)});
  const isWaiting = job.status === 'queued';
  return el('li', {class: 'making', 'data-id': job.id}, picture,
    el('div', {class: 'told'}, el('p', {class: 'words'}, nameOf(job)), el('p', {class: 'progress-text'}, progressText(job)), bar),
    el('div', {class: 'row'},
      isWaiting ? iconButton('first', t('sooner'), () => prioritise(job, true)) : null,
      isWaiting ? iconButton('last', t('later'), () => prioritise(job, false)) : null,
      iconButton('close', t('cancel'), () => act('POST', `/api/jobs/${job.id}/cancel`))));
}

/// Plays a clip while it is pointed at or has the focus.
function playOnHover(card, holder, job) {
  let video = null;
  const begin = async () => {
    if (video) return;
    video = el('video', {muted: true, loop: true, playsInline: true, 'aria-hidden': 'true', tabIndex: -1});
    await setSource(video, job.artifacts.video);
    holder.append(video);
    video.play().catch(() => {});
  };
  const end = () => {
    if (video?.src.startsWith('blob:')) URL.revokeObjectURL(video.src);
    video?.remove(), video = null;
  };
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  card.addEventListener('pointerenter', begin);
  card.addEventListener('pointerleave', end);
  card.addEventListener('focusin', begin);
  card.addEventListener('focusout', end);
}

function clipCard(job) {
  const prompt = nameOf(job), isDone = job.status === 'completed', picture = job.artifacts.thumbnail ?? job.artifacts.image;
  const holder = el('button', {type: 'button', class: 'picture', 'aria-label': `${t('open')}: ${prompt}`, onclick: () => openClip(job)});
  const [width, height] = (job.asked?.size ?? '1x1').split('x').map(Number);
  holder.style.aspectRatio = `${width} / ${height}`;
  const card = el('li', {class: `clip ${job.status}`, 'data-id': job.id}, holder);
  if (isDone && picture) {
    const image = el('img', {alt: '', loading: 'lazy'});
    setSource(image, picture);
    holder.append(image);
    if (job.artifacts.video) playOnHover(card, holder, job);
  } else {
    holder.append(el('span', {class: 'why'}, job.status === 'cancelled' ? t('cancelled') : isDone ? t('expired') : t('failed')));
  }
  const isLiked = favourites.has(job.id);
  card.append(el('div', {class: 'about'},
    el('p', {class: 'words'}, prompt),
    job.failure && job.status === 'failed' ? wrong(job.failure.message) : null,
    el('div', {class: 'row actions'},
      isDone ? iconButton(isLiked ? 'star-full' : 'star', t('favourite'), () => setFavourite(job.id, !isLiked), {'aria-pressed': String(isLiked)}) : null,
      isDone ? iconButton('vary', t('vary'), () => vary(job)) : iconButton('again', t('retry'), () => retry(job)),
      iconButton('more', t('open'), () => openClip(job)),
      iconButton('trash', t('delete'), () => remove(job.id)))));
  return card;
}

/// Puts elements into a list, moving only what has changed its place, so that the focus stays.
function arrange(list, elements) {
  elements.forEach((element, i) => { if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null); });
  while (list.children.length > elements.length) list.lastElementChild.remove();
}

function cardOf(job, text, make) {
  const card = cards.get(job.id);
  if (card?.text === text) return card.element;
  const element = make(job);
  const focused = card?.element.contains(document.activeElement) ? [...card.element.querySelectorAll('button')].indexOf(document.activeElement) : -1;
  if (card) card.element.replaceWith(element);
  if (focused >= 0) element.querySelectorAll('button')[focused]?.focus();
  cards.set(job.id, {element, text});
  return element;
}

/// What changes from second to second is set in place.
function renew(element, job) {
  element.querySelector('.progress-text').textContent = progressText(job);
  element.querySelector('progress').value = job.progress;
  const image = element.querySelector('.thumb img');
  if (image && previews.has(job.id) && image.dataset.path !== previews.get(job.id)) image.dataset.path = previews.get(job.id), setSource(image, previews.get(job.id));
}

let isDrawing = false;
export function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const words = $('search').value.trim().toLowerCase();
    const all = [...jobs.values()].filter(job => !leaving.has(job.id));
    const making = all.filter(job => !isFinal(job)).sort((a, b) => (a.status === b.status ? (a.position ?? 0) - (b.position ?? 0) : a.status === 'in_progress' ? -1 : 1));
    const made = all.filter(isFinal).filter(job => (!onlyFavourites || favourites.has(job.id)) && (!words || `${job.asked?.prompt} ${job.model}`.toLowerCase().includes(words)))
      .reverse().sort((a, b) => b.created_at - a.created_at);
    arrange($('queue'), making.map(job => {
      const element = cardOf(job, `${job.status} ${previews.has(job.id)} ${document.documentElement.lang}`, queueCard);
      renew(element, job);
      return element;
    }));
    arrange($('grid'), made.map(job => cardOf(job, `${JSON.stringify(job.artifacts)} ${job.status} ${favourites.has(job.id)} ${document.documentElement.lang}`, clipCard)));
    $('queue').hidden = !making.length;
    $('empty').hidden = made.length > 0 || making.length > 0 && !words;
    $('empty').textContent = t(words || onlyFavourites ? 'nothingFound' : 'empty');
    document.body.classList.toggle('working', making.some(job => job.status === 'in_progress'));
  });
}

function take(job) {
  const before = jobs.get(job.id);
  jobs.set(job.id, job), listed.add(job.id);
  if (before && !isFinal(before) && job.status === 'completed') $('state').textContent = t('made');
  if (isFinal(job)) previews.delete(job.id);
  draw();
}

export function beginGallery() {
  $('search').addEventListener('input', draw);
  $('favourites').addEventListener('click', () => {
    onlyFavourites = !onlyFavourites;
    $('favourites').setAttribute('aria-pressed', String(onlyFavourites));
    draw();
  });
  $('older').addEventListener('click', async () => {
    const page = await act('GET', `/api/jobs?limit=50&after=${oldest}`);
    for (const job of page?.jobs ?? []) oldest = job.id, ofPages.add(job.id), jobs.set(job.id, job);
    $('older').hidden = !page?.has_more;
    draw();
  });
  listen('/api/events', {
    job: take,
    preview: ({id, url}) => { previews.set(id, `${url}?t=${Date.now()}`); draw(); },
    removed: ({id}) => { jobs.delete(id); cards.delete(id); draw(); },
    ready: ({has_more}) => {  // what was not told again was deleted meanwhile
      for (const id of jobs.keys()) if (!listed.has(id) && !ofPages.has(id)) jobs.delete(id), cards.delete(id);
      if (!oldest) oldest = [...jobs.keys()][0], $('older').hidden = !has_more;
      draw();
    },
    online: () => { listed.clear(); $('state').textContent = ''; },
    away: () => { $('state').textContent = t('away'); },
  });
  onLanguage(draw);
}
