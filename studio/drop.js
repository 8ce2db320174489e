// A file that is dropped on the page: one that this program made restores its settings, others are what to start from.
import {call, upload, ApiError} from './api.js';
import {useDraft, useRequest} from './create.js';
import {$, toast} from './dom.js';
import {t} from './words.js';

export async function takeFile(file) {
  let kept;
  try {
    kept = await upload(file);
  } catch (error) {
    return toast(error instanceof ApiError && error.status < 500 ? t('notMedia', file.name) : error.message);
  }
  try {
    const {request} = await call('GET', `/api/uploads/${kept.file_id}/request`);
    await useRequest(request);
    toast(t('restoredFrom', file.name));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'no_request') return toast(error.message);
    useDraft(kept.frames > 1 ? {given: 'video', video: kept, mask: null, size: null} : {given: 'pictures', first: kept, mask: null, size: null});
    toast(t('noDraft'));
  }
}

export function beginDrop() {
  let depth = 0;
  const hasFile = event => [...event.dataTransfer?.types ?? []].includes('Files');
  addEventListener('dragenter', event => { if (hasFile(event)) ++depth, $('drop').hidden = false; });
  addEventListener('dragleave', event => { if (hasFile(event) && --depth <= 0) depth = 0, $('drop').hidden = true; });
  addEventListener('dragover', event => { if (hasFile(event)) event.preventDefault(); });
  addEventListener('drop', event => {
    if (!hasFile(event)) return;
    event.preventDefault();
    depth = 0, $('drop').hidden = true;
    if (event.dataTransfer.files.length) takeFile(event.dataTransfer.files[0]);
  });
}
