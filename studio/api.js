// The server: calls, uploads, files, events. A server with keys is asked with the one that the user gave for this tab.
import {$, el, openDialog} from './dom.js';
import {t} from './words.js';

let key = sessionStorage.getItem('zoetrope.key');
let asking = null;

export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? `${status}`);
    this.status = status;
    this.param = error?.param ?? null;
    this.code = error?.code ?? null;
  }
}

const headers = () => key ? {Authorization: `Bearer ${key}`} : {};

/// Asks for the key, once for all calls that wait for it.
function askKey(isWrong) {
  asking ??= (async () => {
    const input = el('input', {type: 'password', id: 'key', autocomplete: 'current-password', required: true, 'aria-describedby': 'key-help'});
    const body = el('div', {class: 'field'}, el('label', {for: 'key'}, t('keyLabel')), input,
      el('p', {id: 'key-help', class: isWrong ? 'error' : 'hint'}, t(isWrong ? 'keyWrong' : 'keyHelp')));
    const {closed} = openDialog(t('keyTitle'), body, [{value: 'ok', label: t('enter'), primary: true}], 'narrow');
    input.focus();
    await closed;
    key = input.value.trim();
    if (key) sessionStorage.setItem('zoetrope.key', key);
  })().finally(() => { asking = null; });
  return asking;
}

/// fetch with the key; asks for it where there is none, or a wrong one.
async function fetchWithKey(path, options = {}) {
  for (;;) {
    if (asking) await asking;
    const used = key;
    const response = await fetch(path, {...options, headers: {...options.headers, ...headers()}});
    if (response.status !== 401) return response;
    if (used === key) await askKey(Boolean(used));
  }
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error);
}

/// The JSON of an answer; what is wrong is an ApiError, with the field in `param`.
export async function call(method, path, body, signal) {
  const options = {method, signal};
  if (body !== undefined) options.body = JSON.stringify(body), options.headers = {'Content-Type': 'application/json'};
  return (await checked(await fetchWithKey(path, options))).json();
}

/// Keeps a file on the server -> {file_id, width, height, frames, fps, url, name}.
export async function upload(file, name = file.name) {
  const form = new FormData();
  form.append('file', file, name);
  const kept = await (await checked(await fetchWithKey('/api/uploads', {method: 'POST', body: form}))).json();
  return {...kept, name, url: `/api/uploads/${kept.file_id}`};
}

export async function fetchBlob(path) {
  return (await checked(await fetchWithKey(path))).blob();
}

/// What to put into `src` for a file of the server. With a key it is fetched, since pictures and videos send no headers.
export async function source(path) {
  return key ? URL.createObjectURL(await fetchBlob(path)) : path;
}
export async function setSource(element, path) {
  const old = element.src;
  try {
    element.src = await source(path);
  } catch {  // a preview that is gone, since its clip is there
    return;
  }
  if (old.startsWith('blob:')) URL.revokeObjectURL(old);
}

/// Saves a file of the server under a name.
export async function save(path, name) {
  const url = URL.createObjectURL(await fetchBlob(path));
  el('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/// A request that must arrive though the page is left.
export function callLast(method, path) {
  fetch(path, {method, headers: headers(), keepalive: true});
}

/// Reads server-sent events until the page is hidden, and again when it is seen. `handlers` hold a function for each event.
export function listen(path, handlers) {
  let abort = null, pause = 1000, latest = 0;
  async function read() {
    const own = ++latest;
    while (own === latest && !document.hidden) {
      abort = new AbortController();
      try {
        const response = await checked(await fetchWithKey(path, {signal: abort.signal}));
        handlers.online?.();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
          const {value, done} = await reader.read();
          if (done) break;
          text += value;
          pause = 1000;
          for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
            if (name) handlers[name]?.(JSON.parse(data));
          }
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        if (!(error instanceof ApiError)) handlers.away?.();
      }
      await new Promise(resolve => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 15_000);
    }
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) abort?.abort();
    else read();
  });
  read();
}
