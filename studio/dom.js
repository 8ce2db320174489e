// Small helpers to build the page.
import {t} from './words.js';

export const $ = id => document.getElementById(id);

/// An element with properties, then children: el('button', {class: 'quiet', onclick}, 'text').
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else if (key in element && !key.startsWith('aria') && key !== 'list') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `/studio/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/// A button that shows a picture and tells its name to those who hear the page.
export function iconButton(name, label, onclick, properties = {}) {
  return el('button', {type: 'button', class: 'icon', 'aria-label': label, title: label, onclick, ...properties}, icon(name));
}

/// Fills a radiogroup: choices are {value, label, detail}; `picked(value)` hears the choice. Arrow keys work as everywhere, since they are radios.
export function segments(group, name, choices, chosen, picked) {
  group.replaceChildren(...choices.map(({value, label, detail, content}) => el('label', {class: 'segment', title: detail},
    el('input', {type: 'radio', name, value, checked: value === chosen, onchange: () => picked(value)}),
    el('span', {}, content ?? '', label, detail && !content ? el('small', {}, detail) : null))));
}

/// Draws a part of the page anew, and gives the focus back to what had it.
export function keepFocus(root, draw) {
  const old = document.activeElement, had = root.contains(old) ? old : null;
  const same = had && (e => e.localName === had.localName && e.id === had.id && e.name === had.name && (had.type !== 'radio' || e.value === had.value) && e.ariaLabel === had.ariaLabel);
  const order = had ? [...root.querySelectorAll(had.localName)].filter(same).indexOf(had) : 0;
  draw();
  if (had && !had.isConnected) [...root.querySelectorAll(had.localName)].filter(same)[order]?.focus();
}

/// Tells something for some seconds, with an action to take it back.
export function toast(text, action = null, seconds = 6) {
  const box = el('div', {class: 'toast'}, el('span', {}, text));
  const end = () => { clearTimeout(timer); box.remove(); };
  if (action) box.append(el('button', {type: 'button', class: 'quiet', onclick: () => { end(); action.act(); }}, action.label));
  $('toasts').append(box);
  const timer = setTimeout(() => { box.remove(); action?.otherwise?.(); }, seconds * 1000);
  return end;
}

let dialogs = 0;
/// Shows a dialog and gives what it was closed with ('' when it was dismissed).
export function openDialog(title, content, buttons = [], name = '') {
  const heading = el('h2', {id: `dialog-${++dialogs}`}, title);
  const dialog = el('dialog', {class: name, 'aria-labelledby': heading.id},
    el('form', {method: 'dialog'},
      el('header', {}, heading, iconButton('close', t('closeWord'), () => dialog.close(''))),
      content,
      buttons.length ? el('footer', {}, buttons.map(b => el('button', {type: 'submit', value: b.value, class: b.primary ? 'primary' : 'quiet'}, b.label))) : null));
  dialog.querySelector('form').addEventListener('submit', event => { event.preventDefault(); dialog.close(event.submitter?.value ?? ''); });
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(''); });
  document.body.append(dialog);
  dialog.showModal();
  return {dialog, closed: new Promise(resolve => dialog.addEventListener('close', () => { resolve(dialog.returnValue); dialog.remove(); }))};
}
