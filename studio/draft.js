// What the form holds, and the request that it becomes.

export const draft = {
  prompt: '', negative: null, mode: 'full', guidance: null, size: null, seed: 0, isLocked: false, variants: 1, loop: false,
  length: {kind: 'own'},       // 'image', 'own', 'seconds' with a value, 'frames' with a value
  given: 'nothing',            // 'pictures', 'video'
  first: null, last: null, middle: [],  // pictures; those in the middle are {media, seconds}
  video: null, second: null,
  what: 'after',               // with the video: 'after', 'before', 'join', 'restyle', 'part', 'grow'
  firstWhat: 'animate',        // with the first picture: 'animate', 'restyle', 'part', 'grow'
  strength: .6, mask: null, outpaint: null,
  story: [],                   // what follows the prompt: {seconds, prompt}, and a picture where one is given
  loras: [],                   // files of the server's list: {name, scale}
  kept: null,                  // a restored request, of what the form does not show
};

export function drawSeed() {
  draft.seed = crypto.getRandomValues(new Uint32Array(1))[0];
}

/// What is changed or continued: the video, or the first picture; and how.
export function sourceOf(d = draft) {
  if (d.given === 'video' && d.video) return {media: d.video, what: d.what};
  if (d.given === 'pictures' && d.first) return {media: d.first, what: d.firstWhat};
  return null;
}
/// Whether the source itself is changed, so that size and length are its own.
export const isEdit = what => what === 'restyle' || what === 'part' || what === 'grow';

const reference = media => media.id ? {id: media.id} : media.file_id;

export const frameRate = model => model.settings.fps[0] / model.settings.fps[1];
export const stepsOf = (model, d = draft) => d.mode === 'kept' && d.kept ? d.kept.steps : (model.modes[d.mode] ?? model.modes.full).steps;

/// The body of a request for the server, after the form.
export function bodyOf(model, d = draft) {
  const source = sourceOf(d), edits = source && isEdit(source.what), isVideo = source?.media === d.video;
  const body = {model: model.id, seed: d.seed, guidance_scale: d.guidance ?? model.settings.guidance_scale,
    negative_prompt: d.negative ?? model.settings.negative_prompt};
  if (model.makes_classes) body.class_label = d.prompt.trim(), delete body.negative_prompt;
  else if (d.prompt.trim()) body.prompt = d.prompt;
  if (!(d.mode === 'kept' && d.kept?.timesteps?.length)) body.num_inference_steps = stepsOf(model, d);
  if (model.modes[d.mode]?.preset) body.preset = model.modes[d.mode].preset;
  if (d.loras.length) body.lora = d.loras;
  if (d.loop) body.loop = true;
  if (d.size && source?.what !== 'grow') body.size = `${d.size[0]}x${d.size[1]}`;
  if (!(edits && isVideo)) {
    if (d.length.kind === 'image') body.num_frames = 1;
    if (d.length.kind === 'own') body.num_frames = model.settings.frames;
    if (d.length.kind === 'frames') body.num_frames = d.length.value;
    if (d.length.kind === 'seconds') body.seconds = d.length.value;
  }
  if (d.story.length) body.prompts = d.story.map(({seconds, prompt}) => ({seconds, prompt}));
  if (d.given === 'video' && d.video) {
    body.video = reference(d.video);
    if (d.what === 'after' || d.what === 'before') body.extend = d.what;
    if (d.what === 'join' && d.second) body.video_end = reference(d.second);
  }
  if (d.given === 'pictures') {
    if (d.first) body.input_reference = reference(d.first);
    if (d.last) body.last_image = reference(d.last);
  }
  const moments = [...d.given === 'pictures' ? d.middle : [], ...d.story.filter(m => m.picture).map(m => ({media: m.picture, seconds: m.seconds}))];
  if (moments.length) body.keyframes = moments.map(({media, seconds}) => ({media: reference(media), seconds}));
  if (source?.what === 'restyle') body.strength = d.strength;
  if (source?.what === 'part' && d.mask) body.mask = d.mask.file_id;
  if (source?.what === 'grow') body.outpaint = d.outpaint ?? {aspect: '16:9'};
  if (d.kept) {
    const {model: _made, prompts: _prompts, conditions, loop: _loop, ...rest} = d.kept;
    body.request = {...rest, conditions: d.given === 'nothing' ? (conditions ?? []).map(({latents: _file, latents_sha256: _hash, ...c}) => c) : []};
    if (!body.request.conditions.length && !d.size) body.size = `${d.kept.width}x${d.kept.height}`;
  }
  return body;
}

/// Puts a request in its JSON form into the draft.
export function restore(request, model) {
  const [numerator, denominator] = request.fps ?? model.settings.fps;
  const isMode = name => model.modes[name].steps === request.steps && model.modes[name].preset === (request.preset ?? '');
  Object.assign(draft, {
    prompt: request.prompt || request.class_label || '', negative: request.negative_prompt ?? null, guidance: request.guidance_scale ?? null,
    seed: request.seed ?? 0, isLocked: true, variants: 1, loop: Boolean(request.loop), story: request.prompts ?? [],
    given: 'nothing', first: null, last: null, middle: [], video: null, second: null, mask: null, outpaint: null,
    size: request.width ? [request.width, request.height] : null,
    length: {kind: request.frames === 1 ? 'image' : request.frames ? 'frames' : 'own', value: request.frames, seconds: request.frames * denominator / numerator},
    kept: request,
    mode: request.timesteps?.length ? 'kept' : ['full', 'fast'].find(isMode) ?? (request.steps ? 'kept' : 'full'),
    loras: (request.model?.loras ?? []).map(({name, scale}) => ({name: name.replace(/\.safetensors$/, ''), scale: scale ?? 1})),
  });
}

const remembered = ['prompt', 'negative', 'mode', 'guidance', 'size', 'seed', 'isLocked', 'variants', 'loop', 'length', 'story', 'loras', 'kept'];
/// What stays when the page is left, but for pictures and videos.
export function remember() {
  localStorage.setItem('zoetrope.draft', JSON.stringify(Object.fromEntries(remembered.map(key => [key, draft[key]]))));
}
export function recall() {
  try {
    const stored = JSON.parse(localStorage.getItem('zoetrope.draft') ?? 'null');
    for (const key of remembered) if (stored && key in stored) draft[key] = stored[key];
  } catch { /* what cannot be read is forgotten */ }
}
