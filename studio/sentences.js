// The server speaks English. What it says most is put into Chinese here; other sentences stay as they are.
import {el} from './dom.js';
import {language} from './words.js';

const sentences = [
  [/^([\d.]+) s at ([\d.]+) frames per second: (\d+) frames, ([\d.]+) s$/, (_, s, fps, frames, real) => `${s} 秒，每秒 ${fps} 帧：共 ${frames} 帧，${real} 秒`],
  [/^(\d+) frames are made in (\d+) windows, each of which continues the one before$/, (_, frames, n) => `${frames} 帧分 ${n} 段生成，每段接续上一段`],
  [/^this model was never told of (.*?); it knows /, (_, words) => `这个模型没有学过 ${words.replaceAll(' and ', '、').replaceAll(', ', '、')}，请参考推荐提示词`],
  [/^this model was trained on clips of (?:one thing|up to (\d+) things) at a time, and the prompt names (\d+): /, (_, most, n) => `这个模型每次只学过 ${most ?? 1} 个物体，而提示词里有 ${n} 个`],
  [/^this model was trained on clips of (.*), up to (\d+) frames, at ([\d.]+) per second: (.*) may look worse$/, (_, sizes, frames, fps, odd) =>
    `模型是用 ${sizes}、最多 ${frames} 帧、每秒 ${fps} 帧的视频训练的，${odd.replace(/ pixels/, ' 像素').replace(/([\d.]+) frames per second/, '每秒 $1 帧').replace(/ frames/, ' 帧').replaceAll(' and ', '和').replaceAll(', ', '、')} 的效果可能较差`],
  [/^(\d+x\d+) is the size of this model nearest to that shape$/, (_, size) => `模型最接近这种画幅的尺寸是 ${size}`],
  [/^'(.*)' has (\d+x\d+) pixels and is fitted to (\d+x\d+)/, (_, name, from, to) => `“${name}”为 ${from} 像素，将适配为 ${to}`],
  [/^'(.*)' is continued from the latents in /, (_, name) => `从“${name}”保存的潜变量继续`],
  [/^the prompt is longer than what this model reads; omitted: '(.*)'$/s, (_, rest) => `提示词超出模型能读取的长度，略去：“${rest}”`],
  [/^the negative prompt is not used, since the guidance is ([\d.]+)/, (_, scale) => `“避免”不起作用：自由度与相关性为 ${scale}，大于 1 时才会读取`],
  [/^prompt is missing/, () => '请写下要展示的内容'],
  [/^(?:seconds|size) can (?:be|have) up to ([\d.]+)(?: pixels)? here, got ([\d.x]+)/, (_, most, got) => `这里最多 ${most}，现在是 ${got}`],
  [/^\w+ must be above 0 and at most ([\d.]+), got ([-\d.]+)/, (_, most, got) => `必须大于 0，最多 ${most}，现在是 ${got}`],
  [/^\w+ must be from ([\d.]+) to ([\d.]+), got ([-\d.]+)/, (_, least, most, got) => `必须在 ${least} 到 ${most} 之间，现在是 ${got}`],
  [/^(\d+) jobs wait already/, (_, n) => `已有 ${n} 个任务在等待，请稍后再试`],
  [/^prompts change from window to window, and this clip is made in one: ask for (\d+) frames or more/, (_, frames) => `这段视频只有一段，提示词不能中途变化；至少需要 ${frames} 帧`],
];

/// A sentence of the server, ready to be shown: {text, lang}.
export function told(sentence) {
  if (language() === 'zh')
    for (const [pattern, say] of sentences) {
      const found = pattern.exec(sentence);
      if (found) return {text: `${say(...found)}。`, lang: 'zh-CN'};
    }
  return {text: sentence.charAt(0).toUpperCase() + sentence.slice(1) + (/[.?!。]$/.test(sentence) ? '' : '.'), lang: 'en'};
}
/// A list of them; it may be scrolled, so it takes the focus.
export const notices = all => el('ul', {class: 'notices', tabIndex: 0}, all.map(told).map(({text, lang}) => el('li', {lang}, text)));
/// One that says what went wrong.
export function wrong(sentence) {
  const {text, lang} = told(sentence);
  return el('p', {class: 'error', lang}, text);
}
