// The page's beginning: language, light, then the form and the clips.
import {beginCreate} from './create.js';
import {$, icon} from './dom.js';
import {beginDrop} from './drop.js';
import {beginGallery} from './gallery.js';
import {language, onLanguage, setLanguage, t, translate} from './words.js';

const root = document.documentElement;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
function setTheme(theme) {
  if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  const isDark = theme ? theme === 'dark' : prefersDark.matches;
  $('theme').replaceChildren(icon(isDark ? 'sun' : 'moon'));
  return isDark;
}
let isDark = setTheme(localStorage.getItem('zoetrope.theme'));
$('theme').addEventListener('click', () => {
  const theme = isDark ? 'light' : 'dark';
  localStorage.setItem('zoetrope.theme', theme);
  isDark = setTheme(theme);
});

onLanguage(() => {
  translate();
  $('language').textContent = language() === 'zh' ? 'English' : '中文';
  $('language').lang = language() === 'zh' ? 'en' : 'zh-CN';
});
$('language').addEventListener('click', () => setLanguage(language() === 'zh' ? 'en' : 'zh'));

beginDrop();
beginGallery();
beginCreate().catch(error => { $('state').textContent = error.message || t('away'); });
