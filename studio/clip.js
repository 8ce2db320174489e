// One clip: seen large, its request, and what can be made from it.
import {call, fetchBlob, save, setSource, upload, ApiError} from './api.js';
import {currentModel, useDraft, useRequest} from './create.js';
import {el, icon, openDialog, toast} from './dom.js';
import {draft, drawSeed} from './draft.js';
import {isFavourite, remove, setFavourite} from './gallery.js';
import {openMask} from './mask.js';
import {notices, told, wrong} from './sentences.js';
import {t} from './words.js';

const requestOf = async job => (await call('GET', `/api/jobs/${job.id}`)).request;

async function tell(work) {
  try {
    await work();
  } catch (error) {
    toast(error instanceof ApiError ? told(error.message).text : t('away'));
  }
}

/// Makes a clip again, but for some changes.
async function post(job, changes) {
  const request = await requestOf(job);
  await call('POST', '/api/jobs', {model: job.model, request: {...request, ...changes}});
}
export const retry = job => tell(() => post(job, {}));
export const vary = job => tell(() => post(job, {seed: crypto.getRandomValues(new Uint32Array(1))[0]}));

/// The clip as something to start from.
function mediaOf(job, request) {
  const [width, height] = job.asked.size.split('x').map(Number);
  return {id: job.id, url: job.artifacts.video, name: job.asked.prompt, width, height, frames: Math.max(2, request.frames)};
}
async function start(job, changes) {
  const request = await requestOf(job);
  await useRequest({...request, loop: false});
  draft.kept = null;
  if (!draft.isLocked) drawSeed();
  useDraft({given: 'video', video: mediaOf(job, request), second: null, mask: null, outpaint: null, size: null, length: {kind: 'own'}, isLocked: false, ...changes});
}

async function fromLastFrame(job) {
  const picture = await upload(await fetchBlob(`/api/jobs/${job.id}/exports/last_frame`), 'last.png');
  const request = await requestOf(job);
  await useRequest({...request, loop: false});
  draft.kept = null;
  useDraft({given: 'pictures', first: picture, firstWhat: 'animate', last: null, middle: [], size: null, length: {kind: 'own'}, isLocked: false});
}

/// What can be done with a clip: [name, act]; each closes the dialog.
function actionsOf(job) {
  if (job.status !== 'completed') return [['retry', () => retry(job)], ['use', async () => useRequest(await requestOf(job))]];
  if (!job.artifacts.video) return [['vary', () => vary(job)], ['use', async () => useRequest(await requestOf(job))]];
  return [
    ['remix', () => start(job, {what: 'restyle', strength: .7, isLocked: true})],
    ['vary', () => vary(job)],
    ['extendAfter', () => start(job, {what: 'after'})],
    ['extendBefore', () => start(job, {what: 'before'})],
    ['loopIt', async () => { const request = await requestOf(job); await useRequest({...request, loop: true}); }],
    ['restyleIt', () => start(job, {what: 'restyle', strength: .5})],
    ['partOf', async () => {
      const media = mediaOf(job, await requestOf(job)), mask = await openMask(media);
      if (mask) await start(job, {what: 'part', mask});
    }],
    ['lastFrame', () => fromLastFrame(job)],
    ['use', async () => useRequest(await requestOf(job))],
  ];
}

function downloads(job) {
  if (job.status !== 'completed' || !(job.artifacts.video ?? job.artifacts.image)) return null;
  const files = job.artifacts.video
    ? [['mp4', job.artifacts.video, 'mp4'], ['gif', 'gif', 'gif'], ['webp', 'webp', 'webp'], [t('frames'), 'frames', 'zip']]
    : [['png', job.artifacts.image, 'png']];
  return el('div', {class: 'row wrap', role: 'group', 'aria-label': t('download')}, icon('download'), files.map(([label, what, suffix]) =>
    el('button', {type: 'button', class: 'chip', onclick: () => tell(async () => {
      const end = what.startsWith('/') ? () => {} : toast(t('downloading'), null, 600);
      try {
        await save(what.startsWith('/') ? what : `/api/jobs/${job.id}/exports/${what}`, `${job.id}.${suffix}`);
      } finally {
        end();
      }
    })}, label)));
}

/// Copies a text; where the browser does not let a page do that (no TLS), it is selected.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    toast(t('copied'), null, 2);
  } catch {
    getSelection().selectAllChildren(element);
  }
}

/// Shows a clip large, with all that can be done with it.
export function openClip(job) {
  const [width, height] = (job.asked?.size ?? '1x1').split('x').map(Number);
  const view = job.artifacts.video ? el('video', {controls: true, loop: true, autoplay: true, muted: true, playsInline: true}) : job.artifacts.image ? el('img', {alt: job.asked.prompt}) : null;
  if (view) setSource(view, job.artifacts.video ?? job.artifacts.image), view.style.aspectRatio = `${width} / ${height}`;
  const buttons = el('div', {class: 'deeds'});
  const text = el('pre', {tabIndex: 0});
  const request = el('details', {class: 'fold', ontoggle: () => tell(async () => { if (!text.textContent) text.textContent = JSON.stringify(await requestOf(job), null, 2); })},
    el('summary', {}, t('request')), text,
    el('button', {type: 'button', class: 'chip', onclick: () => copy(text)}, t('copy')));
  const facts = [job.model, job.asked?.size?.replace('x', '×'), job.asked?.seconds ? `${Number(job.asked.seconds).toFixed(1)} ${t('secondsUnit')}` : null, new Date(job.created_at * 1000).toLocaleString(document.documentElement.lang)].filter(Boolean).join(' · ');
  const {dialog} = openDialog(job.asked?.prompt || job.model, el('div', {class: 'view'}, view ? el('div', {class: 'screen'}, view) : null,
    el('div', {class: 'side'}, el('p', {class: 'hint'}, facts),
      job.failure && job.status === 'failed' ? wrong(job.failure.message) : null,
      job.notices?.length ? notices(job.notices) : null,
      buttons, downloads(job), request)), [], 'wide clip-view');
  for (const [name, act] of actionsOf(job)) buttons.append(el('button', {type: 'button', class: 'quiet', 'data-act': name, onclick: () => { dialog.close(''); tell(act); }}, t(name)));
  buttons.append(el('button', {type: 'button', class: 'quiet danger', 'data-act': 'delete', onclick: () => { dialog.close(''); remove(job.id); }}, t('delete')));
}
