#include "zoetrope/evaluation/motion_task.h"

#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::evaluation {
namespace {

// Jitter of what was measured: a generated clip is less steady than a drawn one.
constexpr double measured_jitter = .01, feature_jitter = .15;

Tracks read(const std::filesystem::path& path) {
  tensor::SafetensorsFile file(path);
  return {file.tensor("measured"), file.tensor("features"), file.tensor("motion"), file.tensor("direction")};
}

}  // namespace

Tracks look_at_clips(const Showings& showings, const vision::FrameNetwork& network, at::ScalarType compute, int64_t clips,
                     const std::filesystem::path& file, base::Observer& observer) {
  if (std::filesystem::exists(file)) return read(file);
  at::NoGradGuard no_grad;
  std::vector<Tensor> measured, features;
  std::vector<int64_t> motion, direction;
  for (int64_t i = 0; i < clips; ++i) {
    observer.throw_if_cancelled();
    ClipShowing clip = showings.clip(i);
    vision::FrameLogits said = network(clip.frames.to(compute));
    measured.push_back(vision::measure(said.mask.to(at::kFloat).sigmoid(), said.turn.to(at::kFloat)));
    features.push_back(said.features.to(at::kFloat));
    motion.push_back(clip.motion);
    direction.push_back(clip.direction);
    observer.progress("looking at clips", i + 1, clips);
  }
  Tracks tracks{at::stack(measured), at::stack(features), at::tensor(motion), at::tensor(direction)};
  tensor::write_safetensors(
      file, {{"measured", tracks.measured}, {"features", tracks.features}, {"motion", tracks.motion}, {"direction", tracks.direction}});
  return tracks;
}

MotionTask::MotionTask(Tracks tracks, const vision::RecogniserConfig& config, std::map<std::string, Tensor> frame, int64_t batch,
                       uint64_t seed)
    : tracks_(std::move(tracks)),
      config_(config),
      frame_(std::move(frame)),
      batch_(batch),
      measured_(tracks_.motion.size(0) / 10),
      seed_(seed),
      weights_(seed, tensor::lecun_normal),
      network_(tensor::Weights(weights_, "motion"), config_.motion, config_.frame.features, std::ssize(config_.motions)) {}

Tensor MotionTask::loss(int64_t step, base::Json&) {
  at::Generator generator = base::generator(base::derive_seed({seed_, 1, static_cast<uint64_t>(step)}));
  Tensor chosen = at::randint(measured_, tracks_.motion.size(0), {batch_}, generator, at::kLong);
  auto jittered = [&](const Tensor& tracks, double by) {
    Tensor t = tracks.index_select(0, chosen);
    return t + by * at::rand({batch_, 1, 1}, generator) * base::randn(t.sizes(), generator);
  };
  vision::MotionLogits said = network_(jittered(tracks_.measured, measured_jitter), jittered(tracks_.features, feature_jitter));
  return at::cross_entropy_loss(said.motion, tracks_.motion.index_select(0, chosen)) +
         at::cross_entropy_loss(said.direction, tracks_.direction.index_select(0, chosen));
}

void MotionTask::sample(const std::filesystem::path&, base::Json& metrics) {
  at::NoGradGuard no_grad;
  auto first = [&](const Tensor& t) { return t.narrow(0, 0, measured_); };
  vision::MotionLogits said = network_(first(tracks_.measured), first(tracks_.features));
  Tensor motion = first(tracks_.motion), moves = motion < std::ssize(config_.motions), hits = said.motion.argmax(-1) == motion;
  auto share = [](const Tensor& t) { return t.to(at::kFloat).mean().item<double>(); };
  metrics["motion_right"] = share(hits.masked_select(moves));
  metrics["unmoved_found"] = share(hits.masked_select(~moves));
  metrics["direction_right"] = share(said.direction.argmax(-1) == first(tracks_.direction));
  for (int64_t i = 0; i < std::ssize(config_.motions); ++i) metrics["motions"][config_.motions[i]] = share(hits.masked_select(motion == i));
}

void MotionTask::save_model(const std::filesystem::path& folder) {
  std::map<std::string, Tensor> all = frame_;
  all.insert(weights_.parameters().begin(), weights_.parameters().end());
  vision::save_recogniser(folder / "recogniser", config_, all);
}

}  // namespace zoetrope::evaluation
