#include "zoetrope/evaluation/edit.h"

#include <cstdlib>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/recogniser/score_clip.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

namespace fs = std::filesystem;

constexpr int64_t strips_per_task = 6, frames_of_edit = 8, rim = 8;  // pixels around an object that are made anew with it

/// A folder for given files, gone at the end.
class GivenFiles {
 public:
  GivenFiles() {
    std::string name = (fs::temp_directory_path() / "zoetrope.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw base::Error("no folder can be made in {}", fs::temp_directory_path().string());
    folder_ = name;
  }
  ~GivenFiles() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  GivenFiles(const GivenFiles&) = delete;
  GivenFiles& operator=(const GivenFiles&) = delete;

  fs::path image(const char* name, const Tensor& picture) const {
    media::write_image(folder_ / name, picture);
    return folder_ / name;
  }
  fs::path clip(const char* name, const media::Clip& clip) const {
    media::write_clip(folder_ / name, clip);
    return folder_ / name;
  }

 private:
  fs::path folder_;
};

/// A task on one scenario: what is asked, what a perfect answer shows, and what of it is given.
struct Task {
  std::string name;
  generation::PartialRequest request;
  world::Scenario asked;
  Tensor answer;                 // [T,H,W,3] uint8, drawn
  Tensor given, known;           // given frames [T,H,W,3] uint8, and where they are [T,H,W] bool
  std::vector<int64_t> borders;  // frames t where given meets made between t and t + 1
};

/// A drawn scenario and its frames.
struct Drawn {
  world::Scenario scenario;
  media::Clip clip;
  Tensor subject_mask;  // [T,H,W] uint8
};

Drawn draw(const world::Scenario& scenario, const data::ClipShape& shape) {
  const world::Rendered rendered = world::render(scenario, shape);
  return {scenario, {rendered.frames, shape.fps}, rendered.subject_mask};
}

/// All frames in the ranges are given whole.
Tensor whole_frames(const Tensor& frames, const std::vector<std::pair<int64_t, int64_t>>& ranges) {
  Tensor known = at::zeros(frames.sizes().slice(0, 3), at::kBool);
  for (auto [begin, end] : ranges) known.narrow(0, begin, end - begin).fill_(true);
  return known;
}

Task animate(const Drawn& d, const GivenFiles& files) {
  Task task{"animate", {}, d.scenario, d.clip.frames, d.clip.frames, whole_frames(d.clip.frames, {{0, 1}}), {0}};
  task.request.image = files.image("first.png", d.clip.frames[0]);
  return task;
}

Task keyframes(const Drawn& d, const GivenFiles& files) {
  const int64_t T = d.clip.frames.size(0);
  Task task{"keyframes", {}, d.scenario, d.clip.frames, d.clip.frames, whole_frames(d.clip.frames, {{0, 1}, {T - 1, T}}), {0, T - 2}};
  task.request.image = files.image("first.png", d.clip.frames[0]);
  task.request.last_image = files.image("last.png", d.clip.frames[T - 1]);
  return task;
}

/// The thirds are given as files whose frames are not quite those that were drawn: what counts is what can be read from them.
Task join(const Drawn& d, const GivenFiles& files, int64_t frames_per_latent) {
  const int64_t T = d.clip.frames.size(0), part = (T / 3) / frames_per_latent * frames_per_latent;
  if (part < 1) throw base::Error("a clip of {} frames is too short to be joined of thirds", T);
  Task task{"join", {}, d.scenario, d.clip.frames, d.clip.frames.clone(), {}, {part, T - part - 1}};
  auto third = [&](const char* name, int64_t begin, int64_t length) {
    fs::path file = files.clip(name, {d.clip.frames.narrow(0, begin, length).contiguous(), d.clip.fps});
    task.given.narrow(0, begin, length).copy_(media::read_clip(file).frames);
    return file;
  };
  task.request.video = third("begin.mp4", 0, part + 1);
  task.request.video_end = third("end.mp4", T - part, part);
  task.known = whole_frames(d.clip.frames, {{0, part + 1}, {T - part, T}});
  return task;
}

/// Another object takes the place of the one that is there.
Task inpaint(const Drawn& d, const world::Object& other, const GivenFiles& files, const data::ClipShape& shape) {
  world::Scenario asked = d.scenario;
  asked.objects[0].name = other.name, asked.objects[0].colour = other.colour;
  const world::Rendered answer = world::render(asked, shape);
  Tensor cover = at::maximum(d.subject_mask, answer.subject_mask).amax(0) > 0;  // [H,W]
  Tensor rows = cover.any(1).nonzero(), columns = cover.any(0).nonzero();
  Tensor mask = at::zeros_like(cover);
  if (rows.numel() > 0) {
    auto from = [](const Tensor& found) { return std::max<int64_t>(0, found[0].item<int64_t>() - rim); };
    auto to = [](const Tensor& found, int64_t side) { return std::min(side, found[-1].item<int64_t>() + 1 + rim); };
    mask.slice(0, from(rows), to(rows, mask.size(0))).slice(1, from(columns), to(columns, mask.size(1))).fill_(true);
  }
  Task task{"inpaint", {}, asked, answer.frames, {}, mask.logical_not().unsqueeze(0).expand(d.subject_mask.sizes()), {}};
  task.request.video = files.clip("clip.mp4", d.clip);
  task.request.mask = files.image("mask.png", (mask.to(at::kByte) * 255).unsqueeze(-1).expand({-1, -1, 3}).contiguous());
  task.given = media::read_clip(task.request.video).frames;
  return task;
}

double change(const Tensor& frames, int64_t t) { return (frames[t + 1] - frames[t]).abs().mean().item<double>(); }

/// What of the task is in frames [T,H,W,3] in 0..1, by the names of the report's rows.
ClipScores score(const Task& task, const Tensor& frames, const vision::Recogniser& recogniser) {
  constexpr double least_change = 1e-4;
  const Tensor answer = task.answer.to(at::kFloat) / 255;
  const ClipScores all = score_clip(recognise(recogniser, frames), task.asked, recogniser.config());
  ClipScores scores;
  for (const char* name : {"object", "colour", "scene", "motion", "direction"})
    if (auto found = all.find(name); found != all.end()) scores[task.name + " " + name] = found->second;
  if (!task.borders.empty()) {
    double made = 0, drawn = 0;
    for (int64_t t : task.borders) made += change(frames, t), drawn += change(answer, t);
    scores[task.name + " step"] = (made + least_change) / (drawn + least_change);
  }
  return scores;
}

bool is_kept(const Task& task, const Tensor& frames) {
  Tensor same = (autoencoder::to_bytes(frames) == task.given).all(-1);
  return (same | task.known.logical_not()).all().item<bool>();
}

constexpr Metric edit_metrics[] = {{"kept", Kind::share, "what was given, bit for bit"},
                                   {"object", Kind::share, ""},
                                   {"colour", Kind::share, "of plain shapes"},
                                   {"scene", Kind::share, ""},
                                   {"motion", Kind::share, ""},
                                   {"direction", Kind::share, "of motions that have one"},
                                   {"step", Kind::ratio, "where given meets made, by the drawn clip's"}};

Strip strip(const Task& task, const std::string& prompt, const ClipScores& scores, const Tensor& frames) {
  std::vector<std::string> words;
  for (const auto& [name, value] : scores) words.push_back(fmt::format("{} {:.2f}", name.substr(task.name.size() + 1), value));
  auto some = [](const Tensor& t) { return media::some_frames(t, frames_of_edit); };
  return {fmt::format("{}: {}", task.name, prompt), fmt::format("above: drawn, below: made; {}", fmt::join(words, ", ")),
          at::cat({some(task.answer), autoencoder::to_bytes(some(frames))}, 1)};
}

}  // namespace

Report edit(const vision::Recogniser& recogniser, const world::World& world, const model::Model& model, const generation::Request& defaults,
            int64_t clips, uint64_t seed, const Generator& generate, base::Observer& observer) {
  check_names(recogniser.config(), world.settings());
  const data::ClipShape shape = shape_of(defaults);
  auto scenario = [&](int64_t i) { return world.scenario(static_cast<uint64_t>(i), shape); };

  std::map<std::string, std::vector<double>> made, drawn;
  Report report{"edit", "", 0, {}, {}, {}};
  const std::vector<std::string> names = {"animate", "inpaint", "keyframes", "join"};
  for (int64_t i = 0; i < clips; ++i) {
    const Drawn d = draw(scenario(i), shape);
    const GivenFiles files;
    std::vector<Task> tasks{animate(d, files), inpaint(d, scenario(i + clips).objects[0], files, shape), keyframes(d, files),
                            join(d, files, model.geometry().time)};
    for (size_t k = 0; k < tasks.size(); ++k) {
      observer.throw_if_cancelled();
      Task& task = tasks[k];
      const world::Captions captions = world::caption(task.asked, base::derive_seed({seed, static_cast<uint64_t>(i), k}));
      task.request.prompt = i % 2 == 0 ? captions.en : captions.zh;
      task.request.size = {shape.width, shape.height};
      task.request.frames = shape.frames;
      task.request.fps = shape.fps;
      task.request.steps = defaults.steps;
      task.request.seed = seed + static_cast<uint64_t>(i);
      const Tensor frames = generate(generation::resolve(task.request, model).request);
      ClipScores scores = score(task, frames, recogniser);
      scores[task.name + " kept"] = is_kept(task, frames);
      for (const auto& [name, value] : scores) made[name].push_back(value);
      for (const auto& [name, value] : score(task, task.answer.to(at::kFloat) / 255, recogniser)) drawn[name].push_back(value);
      if (i < strips_per_task) report.strips.push_back(strip(task, *task.request.prompt, scores, frames));
      observer.progress("editing clips", i * std::ssize(tasks) + static_cast<int64_t>(k) + 1, clips * std::ssize(tasks));
      ++report.clips;
    }
  }
  for (const std::string& task : names)
    for (const Metric& metric : edit_metrics) {
      const std::string name = fmt::format("{} {}", task, metric.name);
      const std::vector<double>& values = made[name];
      if (values.empty()) continue;
      report.scores.push_back(
          score_of(name, metric, values, seed, {}, drawn.contains(name) ? std::optional(average(metric.kind, drawn[name])) : std::nullopt));
    }
  return report;
}

}  // namespace zoetrope::evaluation
