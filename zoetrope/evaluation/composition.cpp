#include "zoetrope/evaluation/composition.h"

#include <algorithm>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/judge.h"
#include "zoetrope/media/contact_sheet.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t strips_a_language = 24, frames_a_strip = 8;

struct Measure {
  const char* name;
  bool share;  // of clips, each right or wrong; else a mean
  const char* note;
};
constexpr Measure measures[] = {{"object", true, ""},
                                {"colour", true, "of plain shapes"},
                                {"scene", true, ""},
                                {"motion", true, ""},
                                {"direction", true, "of motions that have one"},
                                {"count", true, ""},
                                {"form", false, "overlap with the true outline"},
                                {"identity", true, "one object in all frames"},
                                {"drift", false, "of the background; lower is better"},
                                {"seams", false, "at borders of patches; 1 where none shows"}};

/// The marks called `name` among those of many clips.
std::vector<double> values_of(const std::string& name, const std::vector<Marks>& marks) {
  std::vector<double> values;
  for (const Marks& m : marks)
    if (auto found = m.find(name); found != m.end()) values.push_back(found->second);
  return values;
}

/// What the real clips get.
struct Baseline {
  std::map<std::string, double> chance, ceiling;
};

/// Each frame from another clip than the one before.
Marks patchwork(const std::vector<Finding>& findings, size_t start, int64_t none) {
  std::vector<Tensor> seen, pictures, mask;
  for (int64_t t = 0; t < findings[0].seen.size(0); ++t) {
    const Finding& f = findings[(start + static_cast<size_t>(t)) % findings.size()];
    seen.push_back(f.seen[t]), pictures.push_back(f.pictures[t]), mask.push_back(f.mask[t]);
  }
  return {{"identity", identity(at::stack(seen), none)}, {"drift", drift(at::stack(pictures), at::stack(mask))}};
}

Baseline measure_real(const std::vector<Finding>& findings, const std::vector<world::Scenario>& scenarios, const world::Settings& asked,
                      const vision::RecogniserConfig& names) {
  std::vector<Marks> right, others;
  for (size_t i = 0; i < findings.size(); ++i) {
    right.push_back(judge(findings[i], scenarios[i], names));
    Marks mixed = findings[i].action ? patchwork(findings, i, std::ssize(names.objects)) : Marks();
    Marks swapped = judge(findings[i], scenarios[(i + 1) % scenarios.size()], names);
    if (swapped.contains("form")) mixed["form"] = swapped["form"];
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
  for (const Measure& m : measures) {
    baseline.ceiling[m.name] = mean(values_of(m.name, right));
    if (auto values = values_of(m.name, others); !values.empty()) baseline.chance[m.name] = mean(values);
  }
  return baseline;
}

std::vector<Score> scores_of(const std::vector<Marks>& marks, const Baseline& baseline, uint64_t seed) {
  std::vector<Score> scores;
  for (const Measure& m : measures) {
    std::vector<double> values = values_of(m.name, marks);
    if (values.empty()) continue;
    const double value = mean(values);
    const int64_t count = std::ssize(values);
    Interval interval = m.share ? wilson(std::lround(value * static_cast<double>(count)), count) : bootstrap(values, seed);
    auto chance = baseline.chance.find(m.name);
    scores.push_back({m.name, value, interval, chance == baseline.chance.end() ? std::nullopt : std::optional(chance->second),
                      baseline.ceiling.at(m.name), count, m.note});
  }
  return scores;
}

/// "object right, scene right, motion wrong, form 0.61".
std::string verdict(const Marks& marks) {
  std::vector<std::string> words;
  for (const Measure& m : measures)
    if (auto found = marks.find(m.name); found != marks.end())
      words.push_back(m.share ? fmt::format("{} {}", m.name, found->second > 0 ? "right" : "wrong")
                              : fmt::format("{} {:.2f}", m.name, found->second));
  return fmt::format("{}", fmt::join(words, ", "));
}

Tensor strip(const Tensor& frames) {
  return autoencoder::to_bytes(frames.index_select(0, at::tensor(media::evenly_spaced(frames.size(0), frames_a_strip))));
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

}  // namespace

world::World held_out_world(world::Settings trained_on, uint64_t seed) {
  trained_on.split = world::Split::held_out;
  trained_on.seed = base::derive_seed({seed, 0x6576616c});
  return world::World(trained_on);
}

data::ClipShape shape_of(const generation::Request& r) { return {r.frames, r.height, r.width, r.fps}; }

Report composition(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t clips,
                   uint64_t seed, const Generator& generate, base::Observer& observer) {
  const vision::RecogniserConfig& names = recogniser.config();
  check_names(names, world.settings());
  std::vector<world::Scenario> scenarios;
  std::vector<std::string> captions[2];
  std::vector<Finding> real;
  for (int64_t i = 0; i < clips; ++i) {
    observer.throw_if_cancelled();
    data::Example example = world.example(static_cast<uint64_t>(i), shape_of(defaults));
    scenarios.push_back(world.scenario(static_cast<uint64_t>(i), shape_of(defaults)));
    captions[0].push_back(example.caption);
    captions[1].push_back(example.caption_zh);
    real.push_back(examine(recogniser, example.clip.frames.to(at::kFloat) / 255));
    observer.progress("judging real clips", i + 1, clips);
  }
  const Baseline baseline = measure_real(real, scenarios, world.settings(), names);

  Report report{"composition", "", 2 * clips, {}, {}, {}};
  std::vector<Marks> all;
  for (int language : {0, 1}) {
    std::vector<Marks> marks;
    for (int64_t i = 0; i < clips; ++i) {
      generation::Request request = defaults;
      request.prompt = captions[language][i];
      request.seed = seed + static_cast<uint64_t>(i);
      Tensor frames = generate(request);
      marks.push_back(judge(examine(recogniser, frames), scenarios[i], names));
      if (i < strips_a_language)
        report.strips.push_back({fmt::format("{} (seed {})", request.prompt, request.seed), verdict(marks.back()), strip(frames)});
      observer.progress("generating clips", language * clips + i + 1, 2 * clips);
    }
    report.by_language.emplace_back(language == 0 ? "en" : "zh", scores_of(marks, baseline, seed));
    all.insert(all.end(), marks.begin(), marks.end());
  }
  report.scores = scores_of(all, baseline, seed);
  return report;
}

}  // namespace zoetrope::evaluation
