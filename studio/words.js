// What the page says, in English and Chinese.
const words = {
  en: {
    skip: 'Skip to the clips', theme: 'Light or dark', create: 'Create', prompt: 'Prompt',
    promptHint: 'Describe a moment: who, doing what, where', classHint: 'A class, by number or name',
    suggestions: 'Recommended prompts', another: 'Others', characters: n => `${n} characters`, tokens: (n, most) => `${n} of ${most} tokens`,
    given: 'Start from', nothing: 'Words alone', pictures: 'Pictures', video: 'A video',
    firstPicture: 'First', middlePicture: 'Middle', lastPicture: 'Last', addPicture: 'Add a picture in between',
    chooseVideo: 'Choose a video, or drop one here', chooseSecond: 'Choose the video that follows', remove: 'Remove', at: 'at second',
    what: 'What to do with it', after: 'Continue', before: 'What came before', join: 'Join to another', restyle: 'Restyle', part: 'Change a part', grow: 'Let it grow',
    animate: 'Animate', move: 'Let a part move',
    strength: 'How much may change', keep: 'keep', change: 'change', paint: 'Paint where it may change', painted: 'Painted', growTo: 'How far it grows',
    left: 'Left', right: 'Right', top: 'Top', bottom: 'Bottom',
    shape: 'Shape', asGiven: 'As given', notNative: 'The model was trained on other sizes; this one may look worse.',
    length: 'Length', image: 'Picture', secondsUnit: 's', loop: 'Loop: add the way back to the beginning',
    mode: 'Quality', fast: 'Fast', full: 'High', steps: n => `${n} steps`,
    guidance: 'Freedom and relevance', free: 'free', close: 'close to the words',
    more: 'More', negative: 'Avoid', negativeHint: 'What should not be seen', seed: 'Seed', dice: 'Draw another seed', lock: 'Keep this seed', variants: 'Variants', model: 'Model', loras: 'LoRA files', scale: 'Strength',
    make: 'Make the clip', makeMany: n => `Make ${n} clips`, makeImage: 'Make the picture',
    forecast: (time, memory) => `About ${time}, ${memory} of memory`, waiting: n => n === 1 ? '1 clip before it' : `${n} clips before it`,
    kept: 'From the restored request', restoredFrom: name => `Settings of “${name}” restored.`,
    clips: 'Clips', search: 'Search', favourites: 'Favourites', queue: 'In the making', older: 'Older clips',
    empty: 'Nothing here yet. Describe a moment, or take one of the suggestions.', nothingFound: 'No clip matches.',
    queued: n => n === 0 ? 'Next in line' : `${n} before it`, starting: 'Starting', left_: s => `${s} left`, stageOf: (stage, percent) => `${stage}, ${percent}%`,
    cancel: 'Cancel', cancelled: 'Cancelled', failed: 'Failed', retry: 'Try again', sooner: 'Make it next', later: 'Make it last', expired: 'Its files are gone.',
    open: 'Open', favourite: 'Favourite', remix: 'Remix', vary: 'Vary', extendAfter: 'Continue', extendBefore: 'What came before', loopIt: 'Loop', restyleIt: 'Restyle', partOf: 'Change a part',
    lastFrame: 'From its last frame', download: 'Download', frames: 'Frames (zip)', request: 'Its request', use: 'Use these settings', copy: 'Copy', copied: 'Copied.', delete: 'Delete', deleted: 'Deleted.', undo: 'Undo',
    made: 'A clip is ready.', closeWord: 'Close', downloading: 'Preparing the file …',
    maskTitle: 'Where may it change?', maskHelp: 'Paint over what may change. Arrow keys move the brush, Space paints.', brush: 'Brush', erase: 'Erase', size: 'Size', clear: 'Clear', invert: 'Invert', all: 'Everything', done: 'Done', frameAt: 'Moment',
    growTitle: 'How far does it grow?', growHelp: 'Drag the edges, or type pixels.',
    storyboard: 'Storyboard', addMoment: 'Add a moment', momentAt: 'from second', momentPrompt: 'Then', storyHelp: n => `Prompts follow each other in clips of ${n} s and more.`, momentPicture: 'Picture', moments: n => n === 1 ? '1 moment' : `${n} moments`,
    keyTitle: 'This server asks for a key', keyHelp: 'It is kept until this tab is closed.', keyLabel: 'Key', keyWrong: 'This is not one of its keys.', enter: 'Enter',
    dropHere: 'Drop a generated file to restore its settings, or a picture or video to start from it',
    away: 'The server cannot be reached. The page tries again.', noDraft: 'This file carries no request; it is used as what to start from.', notMedia: name => `“${name}” is no picture or video.`,
    sampling: 'Drawing', decoding: 'Developing', loading: 'Loading', encoding: 'Reading', working: 'Working',
  },
  zh: {
    skip: '跳到作品', theme: '浅色或深色', create: '创作', prompt: '提示词',
    promptHint: '描述一个瞬间：谁，在哪里，做什么', classHint: '类别的编号或名称',
    suggestions: '推荐提示词', another: '换一批', characters: n => `${n} 字`, tokens: (n, most) => `${n} / ${most} 词元`,
    given: '从什么开始', nothing: '只用文字', pictures: '图片', video: '视频',
    firstPicture: '首帧', middlePicture: '中间帧', lastPicture: '尾帧', addPicture: '在中间添加图片',
    chooseVideo: '选择视频，或拖放到这里', chooseSecond: '选择接在后面的视频', remove: '移除', at: '时间（秒）',
    what: '用它做什么', after: '向后续写', before: '向前续写', join: '衔接另一段', restyle: '换风格', part: '局部修改', grow: '扩展画面',
    animate: '让它动起来', move: '让局部动起来',
    strength: '变化程度', keep: '保留', change: '改变', paint: '涂出可以改变的区域', painted: '已涂抹', growTo: '扩展多少',
    left: '左', right: '右', top: '上', bottom: '下',
    shape: '画幅', asGiven: '与原图一致', notNative: '模型不是用这个尺寸训练的，效果可能较差。',
    length: '时长', image: '图片', secondsUnit: '秒', loop: '循环：补上回到开头的过程',
    mode: '质量', fast: '快速', full: '高质量', steps: n => `${n} 步`,
    guidance: '自由度与相关性', free: '更自由', close: '更贴近文字',
    more: '更多', negative: '避免', negativeHint: '不希望出现的内容', seed: '种子', dice: '换一个种子', lock: '固定种子', variants: '数量', model: '模型', loras: 'LoRA 文件', scale: '强度',
    make: '生成视频', makeMany: n => `生成 ${n} 段视频`, makeImage: '生成图片',
    forecast: (time, memory) => `约 ${time}，内存 ${memory}`, waiting: n => `前面还有 ${n} 个`,
    kept: '来自恢复的请求', restoredFrom: name => `已恢复“${name}”的设置。`,
    clips: '作品', search: '搜索', favourites: '收藏', queue: '正在制作', older: '更早的作品',
    empty: '这里还没有作品。描述一个瞬间，或选用一条推荐。', nothingFound: '没有匹配的作品。',
    queued: n => n === 0 ? '下一个就是它' : `前面还有 ${n} 个`, starting: '正在开始', left_: s => `还剩 ${s}`, stageOf: (stage, percent) => `${stage}，${percent}%`,
    cancel: '取消', cancelled: '已取消', failed: '失败', retry: '重试', sooner: '提到最前', later: '放到最后', expired: '文件已过期。',
    open: '打开', favourite: '收藏', remix: '改编', vary: '再来一个', extendAfter: '向后续写', extendBefore: '向前续写', loopIt: '循环', restyleIt: '换风格', partOf: '局部修改',
    lastFrame: '从最后一帧继续', download: '下载', frames: '逐帧图片（zip）', request: '它的请求', use: '使用这些设置', copy: '复制', copied: '已复制。', delete: '删除', deleted: '已删除。', undo: '撤销',
    made: '作品已完成。', closeWord: '关闭', downloading: '正在准备文件……',
    maskTitle: '哪里可以改变？', maskHelp: '涂抹可以改变的区域。方向键移动画笔，空格键涂抹。', brush: '画笔', erase: '橡皮', size: '大小', clear: '清除', invert: '反选', all: '全选', done: '完成', frameAt: '时刻',
    growTitle: '画面扩展多少？', growHelp: '拖动边缘，或输入像素。',
    storyboard: '分镜', addMoment: '添加一幕', momentAt: '从第几秒', momentPrompt: '然后', storyHelp: n => `时长达到 ${n} 秒后，提示词可以依次变化。`, momentPicture: '图片', moments: n => `${n} 幕`,
    keyTitle: '此服务器需要密钥', keyHelp: '密钥只保存到此标签页关闭为止。', keyLabel: '密钥', keyWrong: '密钥不正确。', enter: '进入',
    dropHere: '拖入生成的文件可恢复其设置；拖入图片或视频则从它开始',
    away: '无法连接服务器，页面会继续尝试。', noDraft: '此文件不含请求，将作为素材使用。', notMedia: name => `“${name}”不是图片或视频。`,
    sampling: '绘制', decoding: '显影', loading: '加载', encoding: '读取', working: '处理中',
  },
};

const stored = localStorage.getItem('zoetrope.language');
let current = stored in words ? stored : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
const listeners = [];

export const language = () => current;
/// What a word is in the language of the page; functions take values.
export function t(name, ...values) {
  const word = words[current][name] ?? name;
  return typeof word === 'function' ? word(...values) : word;
}
/// Calls `act` now and whenever the language changes.
export function onLanguage(act) {
  listeners.push(act);
  act();
}
export function setLanguage(name) {
  current = name;
  localStorage.setItem('zoetrope.language', name);
  for (const act of listeners) act();
}
/// Sets the texts of a part of the page that names its words in data-t, data-t-label and data-t-placeholder.
export function translate(root = document) {
  document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en';
  for (const e of root.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of root.querySelectorAll('[data-t-label]')) { e.ariaLabel = t(e.dataset.tLabel); if (e.localName === 'button') e.title = t(e.dataset.tLabel); }
  for (const e of root.querySelectorAll('[data-t-placeholder]')) e.placeholder = t(e.dataset.tPlaceholder);
}

/// "3 s", "2 min", in words of the language.
export function duration(seconds) {
  if (seconds < 90) return current === 'zh' ? `${Math.max(1, Math.round(seconds))} 秒` : `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return current === 'zh' ? `${Math.round(seconds / 60)} 分钟` : `${Math.round(seconds / 60)} min`;
  return current === 'zh' ? `${(seconds / 3600).toFixed(1)} 小时` : `${(seconds / 3600).toFixed(1)} h`;
}
export function memory(bytes) {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
