// Outpainting: how far the picture grows, by its edges or by numbers.
import {el, openDialog} from './dom.js';
import {shown} from './given.js';
import {t} from './words.js';

const sides = ['left', 'top', 'right', 'bottom'];

/// Opens the handles around `media` -> {aspect} or pixels on each side in steps of `multiple`, or null.
export async function openGrow(media, before, multiple) {
  const width = media.width, height = media.height, most = 2 * Math.max(width, height);
  const grown = Object.fromEntries(sides.map(side => [side, before?.[side] ?? 0]));
  if (!before || before.aspect) {  // to 16:9, as the default is
    const wanted = Math.max(0, Math.round((height * 16 / 9 - width) / 2 / multiple) * multiple);
    grown.left = grown.right = wanted;
  }
  const inputs = {}, canvas = el('div', {class: 'canvas'}), inner = shown(media, {class: 'inner'}), stage = el('div', {class: 'stage growing'}, canvas);
  canvas.append(inner);

  function draw() {
    const w = width + grown.left + grown.right, h = height + grown.top + grown.bottom;
    canvas.style.aspectRatio = `${w} / ${h}`;
    canvas.style.width = `min(100%, ${50 * w / h}vh)`;
    inner.style.left = `${100 * grown.left / w}%`, inner.style.top = `${100 * grown.top / h}%`;
    inner.style.width = `${100 * width / w}%`, inner.style.height = `${100 * height / h}%`;
    for (const side of sides) inputs[side].value = grown[side];
  }
  const set = (side, value) => { grown[side] = Math.min(most, Math.max(0, Math.round(value / multiple) * multiple)); draw(); };

  for (const side of sides) {
    inputs[side] = el('input', {type: 'number', min: 0, max: most, step: multiple, value: grown[side], onchange: event => set(side, Number(event.target.value))});
    const handle = el('i', {class: 'handle', 'data-side': side, 'aria-hidden': 'true'});
    handle.addEventListener('pointerdown', event => {
      handle.setPointerCapture(event.pointerId);
      const isAcross = side === 'left' || side === 'right', sign = side === 'left' || side === 'top' ? -1 : 1;
      const scale = width / inner.getBoundingClientRect().width, begun = isAcross ? event.clientX : event.clientY, old = grown[side];
      handle.onpointermove = move => { if (move.buttons) set(side, old + sign * ((isAcross ? move.clientX : move.clientY) - begun) * scale); };
      event.preventDefault();
    });
    canvas.append(handle);
  }
  const numbers = el('div', {class: 'row wrap tools'}, sides.map(side => el('label', {class: 'inline'}, el('span', {}, t(side)), inputs[side])));
  draw();
  const {closed} = openDialog(t('growTitle'), el('div', {}, el('p', {class: 'hint'}, t('growHelp')), stage, numbers), [{value: 'done', label: t('done'), primary: true}], 'wide');
  return await closed === 'done' ? Object.fromEntries(sides.filter(side => grown[side]).map(side => [side, grown[side]])) : null;
}
