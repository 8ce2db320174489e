#include "zoetrope/evaluation/comparison.h"

#include <algorithm>
#include <numeric>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/evaluation/recogniser/score_clip.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/resize.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t shown_side = 180;    // pixels of the shorter side of shown frames
constexpr int64_t measured_side = 96;  // and of those that are measured
constexpr int64_t in_strip = 8;

/// A clip at two small sizes: all frames to measure, and some to show.
struct Seen {
  Tensor small;                  // [T,h,w,3] fp32 in 0..1
  std::vector<int64_t> indices;  // of the shown frames
  Tensor shown;                  // [n,H,W,3] uint8
  double fps;

  double second(int64_t frame) const { return static_cast<double>(frame) / fps; }
};

Tensor with_shorter_side(const Tensor& frame, int64_t side) {
  const double scale = std::min(1.0, static_cast<double>(side) / static_cast<double>(std::min(frame.size(0), frame.size(1))));
  auto scaled = [&](int64_t length) { return std::max<int64_t>(1, std::lround(scale * static_cast<double>(length))); };
  return scale == 1 ? frame : media::resize(frame, scaled(frame.size(0)), scaled(frame.size(1)));
}

Seen see(const ComparedClip& clip, const media::Probe& probe) {
  Seen seen{{}, media::evenly_spaced(probe.frames, vision::num_frames), {}, probe.fps.value()};
  std::vector<Tensor> small, shown;
  int64_t index = 0;
  media::read_frames(clip.file, {}, [&](const Tensor& frame) {
    small.push_back(with_shorter_side(frame, measured_side).to(at::kFloat).div(255));
    if (std::ranges::find(seen.indices, index) != seen.indices.end()) shown.push_back(with_shorter_side(frame, shown_side));
    ++index;
  });
  if (small.empty()) throw base::Error("{}: no frame can be decoded", clip.file.string());
  std::erase_if(seen.indices, [&](int64_t i) { return i >= index; });  // of a file that is cut off
  seen.small = at::stack(small), seen.shown = at::stack(shown);
  return seen;
}

/// Where something moves, [n,h,w]: far from how the pixel mostly is in the clip. A frame of which most is far has another background, or
/// the camera has moved: its mask is empty.
Tensor moving(const Tensor& frames) {
  constexpr double far = 0.12, most = 0.5;
  Tensor mask = ((frames - std::get<0>(frames.median(0))).abs().amax(-1) > far).to(at::kFloat);
  return mask * (mask.mean({1, 2}, /*keepdim=*/true) < most);
}

/// How alike the colours under two masks are: 1 minus half the difference of their histograms of 6x6x6 colours.
double colours_alike(const Tensor& a, const Tensor& mask_a, const Tensor& b, const Tensor& mask_b) {
  auto histogram = [](const Tensor& frame, const Tensor& mask) {
    Tensor bins = (frame * 5.999).to(at::kLong);
    Tensor index = (bins.select(-1, 0) * 36 + bins.select(-1, 1) * 6 + bins.select(-1, 2)).flatten();
    Tensor counts = at::bincount(index, mask.flatten(), 216);
    return counts / counts.sum().clamp_min(1e-6);
  };
  return 1 - 0.5 * (histogram(a, mask_a) - histogram(b, mask_b)).abs().sum().item<double>();
}

/// What is known of a clip before it is checked.
struct Observed {
  const ComparedClip& clip;
  const media::Probe& probe;
  Seen seen;
  std::optional<Prediction> recognised;
  Tensor mask;    // [n,h,w] of the shown frames: where the hero is
  Tensor frames;  // [n,h,w,3] fp32, of the size of the mask
};

Observed observe(const ComparedClip& clip, const media::Probe& probe) {
  Observed o{clip, probe, see(clip, probe), {}, {}, {}};
  Tensor index = at::tensor(o.seen.indices, at::kLong);
  if (clip.recogniser != nullptr) {
    o.recognised = recognise(*clip.recogniser, o.seen.small);
    o.mask = o.recognised->mask, o.frames = o.recognised->images.permute({0, 2, 3, 1});
  } else {
    o.mask = moving(o.seen.small).index_select(0, index);
    o.frames = o.seen.small.index_select(0, index);
  }
  return o;
}

class Checker {
 public:
  explicit Checker(Language language) : chinese_(language == Language::chinese) {}

  Finding shape(const Observed& o) const {
    const auto [width, height] = std::pair(o.probe.width, o.probe.height);
    const int64_t common = std::gcd(width, height);
    Finding f{fmt::format(fmt::runtime(say("{}x{} pixels, {:.2f} to 1 ({}:{})", "{}x{} 像素，{:.2f} 比 1（{}:{}）")), width, height,
                          static_cast<double>(width) / static_cast<double>(height), width / common, height / common),
              {},
              {},
              {}};
    show(f, o, {0, std::ssize(o.seen.indices) - 1});
    if (!o.recognised) return f;
    Tensor seen = o.mask > 0.5;
    Tensor touches = seen.select(1, 0).any(1) | seen.select(1, -1).any(1) | seen.select(2, 0).any(1) | seen.select(2, -1).any(1);
    const int64_t whole = touches.numel() - touches.sum().item<int64_t>();
    f.sentence +=
        fmt::format(fmt::runtime(say("; the hero is whole in {} of {} frames", "；主角在 {}/{} 帧中完整")), whole, touches.numel());
    f.passed = whole * 10 >= touches.numel() * 9;
    return f;
  }

  Finding hero(const Observed& o) const {
    const int64_t n = o.mask.size(0);
    if (n == 1) return still(o);
    if (o.recognised) {
      const auto& names = o.clip.recogniser->config().objects;
      Tensor seen = o.recognised->seen;
      Tensor likeliest = std::get<0>(seen.mode());
      const int64_t same = (seen == likeliest).sum().item<int64_t>(), hero = likeliest.item<int64_t>();
      const bool known = hero < std::ssize(names);
      const std::string name = known ? names[static_cast<size_t>(hero)] : say("nothing that is known", "无法识别的东西");
      Finding f{fmt::format(fmt::runtime(say("{} in {} of {} frames", "{}：{}/{} 帧")), name, same, n), known && same == n, {}, {}};
      if (!o.clip.things.empty() && known && std::ranges::find(o.clip.things, name) == o.clip.things.end()) {
        f.sentence += fmt::format(fmt::runtime(say("; the prompt asks for {}", "；提示词要求的是 {}")), fmt::join(o.clip.things, ", "));
        f.passed = false;
      }
      std::vector<int64_t> shown{0, n / 2, n - 1};
      for (int64_t i = 1; i < n; ++i)  // where it changes
        if (seen[i].item<int64_t>() != seen[i - 1].item<int64_t>()) shown.insert(shown.end(), {i - 1, i});
      show(f, o, std::move(shown));
      return f;
    }
    std::vector<double> alike;
    for (int64_t i = 1; i < n; ++i) alike.push_back(colours_alike(o.frames[0], o.mask[0], o.frames[i], o.mask[i]));
    const auto worst = std::ranges::min_element(alike);
    Finding f{
        fmt::format(fmt::runtime(say(
                        "the colours of what moves are {:.0f}% alike from the first frame to the last, {:.0f}% at the least, at {:.1f} s",
                        "运动主体的颜色：首尾相似 {:.0f}%，最低 {:.0f}%（{:.1f} 秒处）")),
                    100 * alike.back(), 100 * *worst, o.seen.second(o.seen.indices[static_cast<size_t>(worst - alike.begin() + 1)])),
        {},
        {},
        {}};
    show(f, o, {0, worst - alike.begin() + 1, n - 1});
    return f;
  }

  Finding motion(const Observed& o) const {
    if (o.seen.small.size(0) < 3) return still(o);
    Tensor change = (o.seen.small.slice(0, 1) - o.seen.small.slice(0, 0, -1)).abs().flatten(1).mean(1);  // [T-1]
    constexpr double stillness = 1e-3;
    const double usual = change.median().item<double>();
    const int64_t jump = change.argmax().item<int64_t>();
    Finding f;
    if (usual < stillness)
      f.sentence = say("hardly anything moves from frame to frame", "画面几乎不动");
    else
      f.sentence = fmt::format(fmt::runtime(say("the largest change between two frames is {:.1f} times the usual one, at {:.1f} s",
                                                "相邻两帧的最大变化是平常的 {:.1f} 倍（{:.1f} 秒处）")),
                               change.max().item<double>() / usual, o.seen.second(jump + 1));
    if (o.recognised && o.recognised->motion) {
      const vision::RecogniserConfig& names = o.clip.recogniser->config();
      const int64_t motion = o.recognised->motion->motion.argmax().item<int64_t>(), count = o.recognised->count.argmax().item<int64_t>();
      f.sentence = fmt::format(fmt::runtime(say("{} of them; it {}", "共 {} 个；动作：{}")), count,
                               motion < std::ssize(names.motions) ? names.motions[static_cast<size_t>(motion)]
                                                                  : say("moves like nothing that is known", "无法识别")) +
                   say("; ", "；") + f.sentence;
      if (!o.clip.things.empty()) f.passed = count == std::min<int64_t>(std::ssize(o.clip.things), 2);
    }
    const auto after = std::ranges::lower_bound(o.seen.indices, jump + 1);
    const int64_t at = std::min<int64_t>(after - o.seen.indices.begin(), std::ssize(o.seen.indices) - 1);
    show(f, o, {std::max<int64_t>(at - 1, 0), at, std::min<int64_t>(at + 1, std::ssize(o.seen.indices) - 1)});
    return f;
  }

  Finding background(const Observed& o) const {
    if (o.mask.size(0) == 1) return still(o);
    const double drift = background_drift(o.frames.permute({0, 3, 1, 2}), o.mask);
    constexpr double steady = 0.03;
    Finding f;
    f.sentence =
        fmt::format(fmt::runtime(say("it changes by {:.1f}% of the range of colours", "背景变化为色彩范围的 {:.1f}%")), 100 * drift);
    if (o.recognised) f.passed = drift < steady;
    if (o.recognised) {
      const auto& scenes = o.clip.recogniser->config().scenes;
      const int64_t scene = o.recognised->scene.argmax().item<int64_t>();
      f.sentence = fmt::format("{} ({:.0f}%){}{}", scenes[static_cast<size_t>(scene)], 100 * o.recognised->scene[scene].item<double>(),
                               say("; ", "；"), f.sentence);
    }
    show(f, o, {0, o.mask.size(0) / 2, o.mask.size(0) - 1});
    return f;
  }

  std::string say(const char* english, const char* chinese) const { return chinese_ ? chinese : english; }

 private:
  Finding still(const Observed& o) const {
    Finding f{say("a still picture: there is nothing to compare in time", "静态图片，没有时间上的变化可比较"), {}, {}, {}};
    show(f, o, {0});
    return f;
  }

  /// Shows some of the frames, at most as many as a strip has.
  static void show(Finding& f, const Observed& o, std::vector<int64_t> shown) {
    std::ranges::sort(shown);
    shown.erase(std::ranges::unique(shown).begin(), shown.end());
    if (std::ssize(shown) > in_strip) shown.erase(shown.begin() + in_strip - 1, shown.end() - 1);  // the last one stays
    f.frames = o.seen.shown.index_select(0, at::tensor(shown, at::kLong));
    for (int64_t i : shown) f.seconds.push_back(o.seen.second(o.seen.indices[static_cast<size_t>(i)]));
  }

  bool chinese_;
};

}  // namespace

Comparison compare(const std::vector<ComparedClip>& clips, Language language) {
  if (clips.empty() || clips.size() > 4) throw base::UsageError("from one to four clips can be compared, got {}", clips.size());
  at::NoGradGuard no_grad;
  const Checker checker(language);
  Comparison c{language, clips, {}, {}, {}};
  for (const ComparedClip& clip : clips) c.probes.push_back(media::probe(clip.file));
  c.checks = {
      {checker.say("Shapes", "画面比例"),
       checker.say("Is the picture composed for its shape, with the hero whole in it?", "构图是否适合该比例，主角是否完整？"),
       {}},
      {checker.say("The hero stays the hero", "主角始终如一"),
       checker.say("Is it the same one in every frame?", "每一帧都是同一个主角吗？"),
       {}},
      {checker.say("What moves moves plausibly", "运动合理"),
       checker.say("Are all characters there, and does nothing jump, merge or vanish?", "角色是否都在？有没有跳变、融合或消失？"),
       {}},
      {checker.say("The background stays", "背景稳定"),
       checker.say("Is it the scene of the prompt, and does it stand still where it should?", "背景是否符合提示词，该静止的地方是否静止？"),
       {}}};
  for (size_t i = 0; i < clips.size(); ++i) {
    Observed o = observe(c.clips[i], c.probes[i]);
    c.strips.push_back(media::some_frames(o.seen.shown, in_strip));
    c.checks[0].findings.push_back(checker.shape(o));
    c.checks[1].findings.push_back(checker.hero(o));
    c.checks[2].findings.push_back(checker.motion(o));
    c.checks[3].findings.push_back(checker.background(o));
  }
  return c;
}

}  // namespace zoetrope::evaluation
