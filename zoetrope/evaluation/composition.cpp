#include "zoetrope/evaluation/composition.h"

#include <algorithm>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/recogniser/score_clip.h"
#include "zoetrope/media/contact_sheet.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t strips_per_language = 24, frames_per_strip = 8;

constexpr Metric metrics[] = {{"object", Kind::share, ""},
                              {"colour", Kind::share, "of plain shapes"},
                              {"scene", Kind::share, ""},
                              {"motion", Kind::share, ""},
                              {"direction", Kind::share, "of motions that have one"},
                              {"count", Kind::share, ""},
                              {"inside", Kind::share, "objects touch no edge"},
                              {"shape_iou", Kind::mean, "overlap with the true outline"},
                              {"identity", Kind::share, "one object in all frames"},
                              {"background_drift", Kind::mean, "of the background; lower is better"},
                              {"seams", Kind::ratio, "at borders of patches; 1 if invisible"}};

/// The values of the score `name` of many clips.
std::vector<double> values_of(const std::string& name, const std::vector<ClipScores>& clips) {
  std::vector<double> values;
  for (const ClipScores& scores : clips)
    if (auto found = scores.find(name); found != scores.end()) values.push_back(found->second);
  return values;
}

/// Scores of the real clips.
struct Baseline {
  std::map<std::string, double> chance, ceiling;
};

/// Scores of clips in which each frame comes from another clip.
ClipScores shuffled_baseline(const std::vector<Prediction>& predictions, size_t start, int64_t none) {
  std::vector<Tensor> seen, images, mask;
  for (int64_t t = 0; t < predictions[0].seen.size(0); ++t) {
    const Prediction& p = predictions[(start + static_cast<size_t>(t)) % predictions.size()];
    seen.push_back(p.seen[t]), images.push_back(p.images[t]), mask.push_back(p.mask[t]);
  }
  return {{"identity", identity(at::stack(seen), none)}, {"background_drift", background_drift(at::stack(images), at::stack(mask))}};
}

Baseline score_real_clips(const std::vector<Prediction>& predictions, const std::vector<world::Scenario>& scenarios,
                          const world::Settings& asked, const vision::RecogniserConfig& names) {
  std::vector<ClipScores> right, others;
  for (size_t i = 0; i < predictions.size(); ++i) {
    right.push_back(score_clip(predictions[i], scenarios[i], names));
    ClipScores mixed = predictions[i].motion ? shuffled_baseline(predictions, i, std::ssize(names.objects)) : ClipScores();
    ClipScores swapped = score_clip(predictions[i], scenarios[(i + 1) % scenarios.size()], names);
    if (swapped.contains("shape_iou")) mixed["shape_iou"] = swapped["shape_iou"];
    others.push_back(mixed);
  }
  auto guess = [](size_t choices) { return 1. / static_cast<double>(std::max<size_t>(1, choices)); };
  Baseline baseline{{{"object", guess(asked.objects.size() + asked.shapes.size())},
                     {"colour", guess(asked.colours.size())},
                     {"scene", guess(asked.scenes.size())},
                     {"motion", guess(asked.motions.size())},
                     {"direction", guess(2)},
                     {"count", guess(3)}},
                    {}};
  for (const Metric& m : metrics) {
    baseline.ceiling[m.name] = average(m.kind, values_of(m.name, right));
    if (auto values = values_of(m.name, others); !values.empty()) baseline.chance[m.name] = average(m.kind, values);
  }
  return baseline;
}

std::vector<Score> scores_of(const std::vector<ClipScores>& clips, const Baseline& baseline, uint64_t seed) {
  std::vector<Score> scores;
  for (const Metric& m : metrics) {
    std::vector<double> values = values_of(m.name, clips);
    if (values.empty()) continue;
    auto chance = baseline.chance.find(m.name);
    scores.push_back(score_of(m.name, m, values, seed, chance == baseline.chance.end() ? std::nullopt : std::optional(chance->second),
                              baseline.ceiling.at(m.name)));
  }
  return scores;
}

/// "object right, scene right, motion wrong, shape_iou 0.61".
std::string verdict(const ClipScores& scores) {
  std::vector<std::string> words;
  for (const Metric& m : metrics)
    if (auto found = scores.find(m.name); found != scores.end())
      words.push_back(m.kind == Kind::share ? fmt::format("{} {}", m.name, found->second > 0 ? "right" : "wrong")
                                            : fmt::format("{} {:.2f}", m.name, found->second));
  return fmt::format("{}", fmt::join(words, ", "));
}

Tensor strip(const Tensor& frames) { return autoencoder::to_bytes(media::some_frames(frames, frames_per_strip)); }

}  // namespace

world::World held_out_world(world::Settings trained_on, uint64_t seed) {
  trained_on.split = world::Split::held_out;
  trained_on.seed = base::derive_seed({seed, 0x6576616c});
  return world::World(trained_on);
}

void check_names(const vision::RecogniserConfig& names, const world::Settings& s) {
  auto all_known = [](const char* what, const std::vector<std::string>& known, const std::vector<std::string>& asked) {
    for (const std::string& name : asked)
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw base::Error(
            "the recogniser does not know the {} '{}' of the model's world: train one for it with `zoetrope train recogniser`", what, name);
  };
  all_known("object", names.objects, s.objects);
  all_known("shape", names.objects, s.shapes);
  if (!s.shapes.empty()) all_known("colour", names.colours, s.colours);
  all_known("scene", names.scenes, s.scenes);
  all_known("motion", names.motions, s.motions);
}

data::ClipShape shape_of(const model::SamplingSettings& s) { return {s.frames, s.height, s.width, s.fps}; }

Report composition(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t clips,
                   uint64_t seed, const Generator& generate, base::Observer& observer) {
  const vision::RecogniserConfig& names = recogniser.config();
  check_names(names, world.settings());
  std::vector<world::Scenario> scenarios;
  std::vector<std::string> captions[2];
  std::vector<Prediction> real;
  for (int64_t i = 0; i < clips; ++i) {
    observer.throw_if_cancelled();
    data::Example example = world.example(static_cast<uint64_t>(i), shape_of(defaults));
    scenarios.push_back(world.scenario(static_cast<uint64_t>(i), shape_of(defaults)));
    captions[0].push_back(example.caption);
    captions[1].push_back(example.caption_zh);
    real.push_back(recognise(recogniser, example.clip.frames.to(at::kFloat) / 255));
    observer.progress("scoring real clips", i + 1, clips);
  }
  const Baseline baseline = score_real_clips(real, scenarios, world.settings(), names);

  Report report{"composition", "", 2 * clips, {}, {}, {}};
  std::vector<ClipScores> all;
  for (int language : {0, 1}) {
    std::vector<ClipScores> scores;
    for (int64_t i = 0; i < clips; ++i) {
      generation::Request request = defaults;
      request.prompt = captions[language][i];
      request.seed = seed + static_cast<uint64_t>(i);
      Tensor frames = generate(request);
      scores.push_back(score_clip(recognise(recogniser, frames), scenarios[i], names));
      if (i < strips_per_language)
        report.strips.push_back({fmt::format("{} (seed {})", request.prompt, request.seed), verdict(scores.back()), strip(frames)});
      observer.progress("generating clips", language * clips + i + 1, 2 * clips);
    }
    report.by_language.emplace_back(language == 0 ? "en" : "zh", scores_of(scores, baseline, seed));
    all.insert(all.end(), scores.begin(), scores.end());
  }
  report.scores = scores_of(all, baseline, seed);
  return report;
}

}  // namespace zoetrope::evaluation
