#include "zoetrope/evaluation/minute.h"

#include <algorithm>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/evaluation/recogniser/score_clip.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/render.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t stretches = 3, long_strips = 12, frames_of_minute = 12;

/// The mean difference between neighbouring pixels of frames [T,H,W,3].
double detail(const Tensor& frames) { return (frames.diff(1, 1).abs().mean() + frames.diff(1, 2).abs().mean()).item<double>(); }

/// What is shown in a long clip from `begin` on.
struct Stretch {
  int64_t begin;
  world::Scenario scenario;
};

/// The windows of a long clip that are scored, by name.
std::vector<std::pair<const char*, int64_t>> windows(int64_t frames, int64_t window) {
  return {{"first", 0}, {"middle", (frames - window) / 2}, {"last", frames - window}};
}

/// frames [T,H,W,3] in 0..1 of a long clip, scored window by window.
ClipScores score(const std::string& kind, const Tensor& frames, const std::vector<Stretch>& asked, int64_t window,
                 const vision::Recogniser& recogniser) {
  constexpr double least_detail = 1e-6;
  const double sharpness = detail(frames.narrow(0, 0, window)) + least_detail;
  const Prediction start = recognise(recogniser, frames.narrow(0, 0, 1));
  ClipScores scores;
  for (auto [name, begin] : windows(frames.size(0), window)) {
    const Tensor shown = frames.narrow(0, begin, window);
    const world::Scenario& scenario =
        std::find_if(asked.rbegin(), asked.rend(), [&, first = begin](const Stretch& s) { return s.begin <= first; })->scenario;
    const Prediction seen = recognise(recogniser, shown);
    const ClipScores all = score_clip(seen, scenario, recogniser.config());
    auto add = [&, prefix = fmt::format("{} {} ", kind, name)](const char* what, double value) { scores[prefix + what] = value; };
    for (const char* what : {"object", "scene", "motion"})
      if (auto found = all.find(what); found != all.end()) add(what, found->second);
    add("identity", (seen.seen == class_of(recogniser.config().objects, scenario.objects[0].name)).to(at::kFloat).mean().item<double>());
    add("background_drift", background_drift(at::cat({start.images, seen.images}), at::cat({start.mask, seen.mask})));
    add("sharpness", (detail(shown) + least_detail) / sharpness);
  }
  return scores;
}

constexpr Metric minute_metrics[] = {{"object", Kind::share, ""},
                                     {"scene", Kind::share, ""},
                                     {"motion", Kind::share, ""},
                                     {"identity", Kind::mean, "share of frames with the object"},
                                     {"background_drift", Kind::mean, "since the clip's first frame; lower is better"},
                                     {"sharpness", Kind::ratio, "by that of the first window"}};

/// The scenario with another of the world's motions, which begins where the clip is by then.
world::Scenario with_motion(const world::World& world, const world::Scenario& first, uint64_t index, const data::ClipShape& shape) {
  world::Settings settings = world.settings();
  settings.objects = first.objects[0].colour.empty() ? std::vector{first.objects[0].name} : std::vector<std::string>{};
  settings.shapes = first.objects[0].colour.empty() ? std::vector<std::string>{} : std::vector{first.objects[0].name};
  if (!first.objects[0].colour.empty()) settings.colours = {first.objects[0].colour};
  settings.scenes = {first.scene};
  settings.split = world::Split::all;
  world::Scenario s = world::draw(settings, index, shape);
  s.scene_seed = first.scene_seed, s.night = first.night, s.camera = first.camera, s.ground = first.ground;
  return s;
}

std::string caption_of(const world::Scenario& scenario, uint64_t seed, bool chinese) {
  const world::Captions captions = world::caption(scenario, seed);
  return chinese ? captions.zh : captions.en;
}

/// Frames [T,H,W,3] in 0..1 of the stretches, one after the other.
Tensor drawn(const std::vector<Stretch>& asked, const data::ClipShape& shape) {
  std::vector<Tensor> frames;
  for (size_t i = 0; i < asked.size(); ++i) {
    data::ClipShape part = shape;
    part.frames = (i + 1 < asked.size() ? asked[i + 1].begin : shape.frames) - asked[i].begin;
    frames.push_back(world::render(asked[i].scenario, part).frames);
  }
  return at::cat(frames).to(at::kFloat) / 255;
}

}  // namespace

world::World lasting_world(const world::World& world) {
  world::Settings settings = world.settings();
  std::erase_if(settings.motions, [](const std::string& name) { return !world::find_motion(name)->lasts || name == "stands"; });
  if (settings.motions.empty())
    throw base::Error("no motion of the model's world lasts for a minute: {} come to an end", fmt::join(world.settings().motions, ", "));
  settings.max_objects = 1;
  settings.camera = false;
  settings.steered = 0;
  return world::World(settings);
}

Report minute(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t window,
              int64_t clips, uint64_t seed, const Generator& generate, base::Observer& observer) {
  check_names(recogniser.config(), world.settings());
  const data::ClipShape shape = shape_of(defaults);
  if (shape.frames < 3 * window) throw base::Error("a long clip must have three windows of {} frames, got {} frames", window, shape.frames);
  std::map<std::string, std::vector<double>> made, ceiling;
  Report report{"long", "", 0, {}, {}, {}};
  for (int64_t i = 0; i < clips; ++i) {
    const auto index = static_cast<uint64_t>(i);
    const world::Scenario first = world.scenario(index, shape);
    std::vector<Stretch> changing{{0, first}};
    for (int64_t k = 1; k < stretches; ++k)
      changing.push_back(
          {k * shape.frames / stretches, with_motion(world, first, base::derive_seed({seed, index, static_cast<uint64_t>(k)}), shape)});
    for (const std::string kind : {"steady", "changing"}) {
      observer.throw_if_cancelled();
      const std::vector<Stretch> asked = kind == "steady" ? std::vector{changing[0]} : changing;
      generation::Request request = defaults;
      request.seed = seed + index;
      request.prompt = caption_of(first, base::derive_seed({seed, index}), i % 2 == 1);
      for (size_t k = 1; k < asked.size(); ++k)
        request.prompts.push_back({static_cast<double>(asked[k].begin) / shape.fps.value(),
                                   caption_of(asked[k].scenario, base::derive_seed({seed, index, k}), i % 2 == 1)});
      const Tensor frames = generate(request);
      for (const auto& [name, value] : score(kind, frames, asked, window, recogniser)) made[name].push_back(value);
      for (const auto& [name, value] : score(kind, drawn(asked, shape), asked, window, recogniser)) ceiling[name].push_back(value);
      if (std::ssize(report.strips) < long_strips)
        report.strips.push_back({fmt::format("{}: {} (seed {})", kind, request.prompt, request.seed), "from the first frame to the last",
                                 autoencoder::to_bytes(media::some_frames(frames, frames_of_minute))});
      observer.progress("long clips", ++report.clips, 2 * clips);
    }
  }
  for (const char* kind : {"steady", "changing"})
    for (const auto& [place, begin] : windows(shape.frames, window))
      for (const Metric& metric : minute_metrics)
        if (const std::string name = fmt::format("{} {} {}", kind, place, metric.name); made.contains(name))
          report.scores.push_back(score_of(name, metric, made[name], seed, {}, average(metric.kind, ceiling[name])));
  return report;
}

}  // namespace zoetrope::evaluation
