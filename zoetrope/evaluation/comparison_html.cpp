#include <fmt/ranges.h>

#include "zoetrope/base/base64.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/version.h"
#include "zoetrope/evaluation/comparison.h"
#include "zoetrope/evaluation/html.h"
#include "zoetrope/media/suffix.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::evaluation {
namespace {

namespace fs = std::filesystem;

constexpr const char* comparison_style = R"(
:root{color-scheme:light dark}
body{font:15px/1.55 system-ui,sans-serif;max-width:76em;margin:2em auto;padding:0 1.2em}
h1{font-size:1.6em;margin-bottom:.2em}h2{margin:2em 0 .1em;font-size:1.2em}p.question{margin:0 0 1em;color:#777}
.clips{display:grid;grid-template-columns:repeat(auto-fit,minmax(13em,1fr));gap:1.2em;align-items:start}
.clips>*{min-width:0}figure{margin:0}figcaption{margin:.4em 0;overflow-wrap:anywhere}figcaption small{color:#777}
video,.still{width:100%;border-radius:8px;background:#000;display:block}.strip{width:100%;display:block;border-radius:4px}
.controls{display:flex;gap:.8em;align-items:center;margin:1em 0}.controls input{flex:1}button{font:inherit;padding:.3em 1.1em}
.yes::before{content:"\2713  ";color:#2a7d3f}.no::before{content:"\2717  ";color:#b3402a}.open::before{content:"\25CB  ";color:#777}
.finding{border-top:1px solid #8884;padding-top:.5em}.finding p{margin:.2em 0 .5em}.when{color:#777;font-size:13px}
@media print{.controls{display:none}body{max-width:none;margin:0}.check{break-inside:avoid}}
)";

/// All clips play, stop and move as one.
constexpr const char* script = R"(
const videos=[...document.querySelectorAll("video")],play=document.querySelector("#play"),at=document.querySelector("#at");
const length=()=>Math.max(...videos.map(v=>v.duration||0));
const show=()=>{play.textContent=videos.some(v=>!v.paused)?play.dataset.stop:play.dataset.play};
play.onclick=()=>{const begin=videos.every(v=>v.paused);for(const v of videos){if(begin){if(v.ended)v.currentTime=0;v.play()}else v.pause()}};
at.oninput=()=>{for(const v of videos){v.pause();v.currentTime=Math.min(at.value*length(),v.duration||0)}};
for(const v of videos){v.onplay=v.onpause=v.onended=show}
if(videos.length)videos[0].ontimeupdate=()=>{if(!videos[0].paused)at.value=videos[0].currentTime/length()};
)";

std::string data_url(const std::string& type, const fs::path& file) {
  return fmt::format("data:{};base64,{}", type, base::base64_encoded(base::read_file(file)));
}

/// A clip as the page plays it.
std::string player(const ComparedClip& clip, const media::Probe& probe) {
  const std::string suffix = media::suffix_of(clip.file), name = escaped(clip.name);
  const std::string type(media::media_type(suffix));
  if (type.starts_with("image/")) return fmt::format("<img class=still alt=\"{}\" src=\"{}\">", name, data_url(type, clip.file));
  if (probe.frames == 1)
    return fmt::format("<img class=still alt=\"{}\" src=\"{}\">", name, picture(media::read_clip(clip.file).frames[0]));
  if (suffix == ".mp4" || suffix == ".webm")
    return fmt::format("<video muted playsinline loop preload=auto aria-label=\"{}\" src=\"{}\"></video>", name, data_url(type, clip.file));
  const base::AtomicFile anew(fs::temp_directory_path() / "zoetrope-report.mp4");  // never committed, so it goes
  media::write_clip(anew.temporary(), media::read_clip(clip.file));
  return fmt::format("<video muted playsinline loop preload=auto aria-label=\"{}\" src=\"{}\"></video>", name,
                     data_url("video/mp4", anew.temporary()));
}

std::string finding(const Finding& f, const std::string& name) {
  std::vector<std::string> times;
  for (double second : f.seconds) times.push_back(fmt::format("{:.1f} s", second));
  return fmt::format(
      "<div class=finding><small>{}</small><p class={}>{}</p><img class=strip alt=\"{}\" src=\"{}\"><span class=when>{}</span></div>\n",
      escaped(name),
      !f.passed   ? "open"
      : *f.passed ? "yes"
                  : "no",
      escaped(f.sentence), escaped(f.sentence), picture(side_by_side(f.frames, 2)), fmt::join(times, ", "));
}

}  // namespace

base::Json to_json(const Comparison& c) {
  base::Json clips = base::Json::array(), checks = base::Json::array();
  for (size_t i = 0; i < c.clips.size(); ++i)
    clips.push_back({{"name", c.clips[i].name},
                     {"prompt", c.clips[i].prompt},
                     {"model", c.clips[i].made_by},
                     {"width", c.probes[i].width},
                     {"height", c.probes[i].height},
                     {"seconds", c.probes[i].seconds()}});
  for (const Check& check : c.checks) {
    base::Json findings = base::Json::array();
    for (const Finding& f : check.findings)
      findings.push_back({{"sentence", f.sentence}, {"passed", f.passed ? base::Json(*f.passed) : base::Json()}});
    checks.push_back({{"title", check.title}, {"question", check.question}, {"findings", findings}});
  }
  return {{"clips", clips}, {"checks", checks}};
}

std::string to_html(const Comparison& c) {
  auto say = [&](const char* english, const char* chinese) { return c.language == Language::chinese ? chinese : english; };
  const char* title = say("Clips compared", "视频比较");
  std::string page = fmt::format(
      "<!doctype html>\n<html lang={}><meta charset=utf-8>{}<meta name=viewport "
      "content=\"width=device-width\"><title>{}</title><style>{}</style>\n"
      "<h1>{}</h1>\n<div class=clips>\n",
      say("en", "zh"), base::html_mark, title, comparison_style, title);
  bool plays = false;
  for (size_t i = 0; i < c.clips.size(); ++i) {
    const ComparedClip& clip = c.clips[i];
    const media::Probe& probe = c.probes[i];
    plays |= probe.frames > 1;
    page += fmt::format(
        "<figure>{}<figcaption><b>{}</b>{}<br><small>{}x{}, {:.1f} s{}</small></figcaption><img class=strip alt=\"\" "
        "src=\"{}\"></figure>\n",
        player(clip, probe), escaped(clip.name), clip.prompt.empty() ? "" : "<br>" + escaped(clip.prompt), probe.width, probe.height,
        probe.seconds(), clip.made_by.empty() ? "" : ", " + escaped(clip.made_by), picture(side_by_side(c.strips[i], 2)));
  }
  page += "</div>\n";
  if (plays)
    page += fmt::format(
        "<div class=controls><button id=play data-play=\"{0}\" data-stop=\"{1}\">{0}</button><input id=at type=range min=0 max=1 step=any "
        "value=0 "
        "aria-label=\"{2}\"></div>\n",
        say("Play", "播放"), say("Stop", "停止"), say("Time", "时间"));
  for (const Check& check : c.checks) {
    page += fmt::format("<section class=check><h2>{}</h2><p class=question>{}</p><div class=clips>\n", escaped(check.title),
                        escaped(check.question));
    for (size_t i = 0; i < check.findings.size(); ++i) page += finding(check.findings[i], c.clips[i].name);
    page += "</div></section>\n";
  }
  page += fmt::format("<p class=when>{}</p>\n",
                      say("\xE2\x9C\x93 and \xE2\x9C\x97 are a recogniser's verdicts; \xE2\x97\x8B is for you to judge by the frames.",
                          "\xE2\x9C\x93 与 \xE2\x9C\x97 由识别器判定；\xE2\x97\x8B 请您看图判断。"));
  if (plays) page += fmt::format("<script>{}</script>\n", script);
  return page + "</html>\n";
}

}  // namespace zoetrope::evaluation
