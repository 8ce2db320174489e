// The mask brush: what is painted may change (white in the mask), the rest is kept (black). Painted over a picture, or a moment of a video, in its own pixels.
import {source, upload} from './api.js';
import {el, openDialog} from './dom.js';
import {t} from './words.js';

/// The picture, or the video ready to show its moments; its own size is known.
async function load(media) {
  const isVideo = media.frames > 1, element = el(isVideo ? 'video' : 'img', isVideo ? {muted: true, playsInline: true, preload: 'auto'} : {alt: ''});
  element.src = await source(media.url);
  await new Promise((resolve, reject) => {
    element.addEventListener(isVideo ? 'loadeddata' : 'load', resolve, {once: true});
    element.addEventListener('error', () => reject(new Error(media.name)), {once: true});
  });
  return element;
}

/// Opens the brush over `media` -> the uploaded mask, or null. `before` is a mask to go on from.
export async function openMask(media, before = null) {
  const under = await load(media);
  const width = under.videoWidth || under.naturalWidth, height = under.videoHeight || under.naturalHeight;
  const mask = el('canvas', {width, height, class: 'paint', tabIndex: 0, role: 'application', 'aria-label': `${t('maskTitle')} ${t('maskHelp')}`});
  const context = mask.getContext('2d');
  const cursor = el('i', {class: 'cursor', 'aria-hidden': 'true'});
  const colour = '#f0a848', fill = (mode, style = colour) => { context.globalCompositeOperation = mode; context.fillStyle = style; context.fillRect(0, 0, width, height); };
  let size = Math.round(Math.min(width, height) / 4), isErasing = false, at = {x: width / 2, y: height / 2}, last = null;

  if (before) {
    const old = await load({...before, frames: 1});
    context.drawImage(old, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height);
    for (let i = 0; i < pixels.data.length; i += 4) pixels.data[i + 3] = pixels.data[i];
    context.putImageData(pixels, 0, 0);
    fill('source-in');
  }

  function moveCursor() {
    cursor.style.left = `${100 * at.x / width}%`, cursor.style.top = `${100 * at.y / height}%`;
    cursor.style.width = `${100 * size / width}%`;
  }
  function dab() {
    context.globalCompositeOperation = isErasing ? 'destination-out' : 'source-over';
    context.strokeStyle = colour, context.lineWidth = size, context.lineCap = 'round', context.lineJoin = 'round';
    context.beginPath();
    context.moveTo((last ?? at).x, (last ?? at).y);
    context.lineTo(at.x, at.y + .01);
    context.stroke();
    last = {...at};
  }
  function follow(event) {
    const box = mask.getBoundingClientRect();
    at = {x: (event.clientX - box.left) / box.width * width, y: (event.clientY - box.top) / box.height * height};
    moveCursor();
  }
  mask.addEventListener('pointerdown', event => { mask.setPointerCapture(event.pointerId); last = null; follow(event); dab(); });
  mask.addEventListener('pointermove', event => { follow(event); if (event.buttons) dab(); });
  mask.addEventListener('keydown', event => {
    const step = size / 4, move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (move) at = {x: Math.min(width, Math.max(0, at.x + move[0] * step)), y: Math.min(height, Math.max(0, at.y + move[1] * step))};
    if (move && !event.shiftKey) last = null;
    if (event.key === ' ' || (move && event.shiftKey)) dab();
    if (move || event.key === ' ') event.preventDefault(), moveCursor();
  });

  const erase = el('button', {type: 'button', class: 'toggle', 'aria-pressed': 'false', onclick: () => { isErasing = !isErasing; erase.setAttribute('aria-pressed', String(isErasing)); }}, t('erase'));
  const tools = el('div', {class: 'row wrap tools'},
    el('label', {class: 'inline'}, el('span', {}, t('size')), el('input', {type: 'range', min: Math.max(2, Math.round(Math.min(width, height) / 32)), max: Math.min(width, height), value: size, oninput: event => { size = Number(event.target.value); moveCursor(); }})),
    erase,
    el('button', {type: 'button', class: 'quiet', onclick: () => fill('source-over')}, t('all')),
    el('button', {type: 'button', class: 'quiet', onclick: () => fill('xor')}, t('invert')),
    el('button', {type: 'button', class: 'quiet', onclick: () => context.clearRect(0, 0, width, height)}, t('clear')));
  if (media.frames > 1)
    tools.append(el('label', {class: 'inline'}, el('span', {}, t('frameAt')), el('input', {type: 'range', min: 0, max: under.duration, step: 0.01, value: 0, oninput: event => { under.currentTime = Number(event.target.value); }})));
  const stage = el('div', {class: 'stage'}, under, mask, cursor);
  stage.style.aspectRatio = `${width} / ${height}`;
  moveCursor();

  const {dialog, closed} = openDialog(t('maskTitle'), el('div', {}, el('p', {class: 'hint'}, t('maskHelp')), stage, tools), [{value: 'done', label: t('done'), primary: true}], 'wide');
  mask.focus();
  const answer = await closed;
  if (under.src.startsWith('blob:')) URL.revokeObjectURL(under.src);
  if (answer !== 'done') return null;
  fill('source-in', 'white'), fill('destination-over', 'black');  // what was not painted is kept
  const blob = await new Promise(resolve => mask.toBlob(resolve, 'image/png'));
  return upload(blob, 'mask.png');
}
