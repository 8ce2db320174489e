#include "zoetrope/evaluation/recogniser/motion_task.h"

#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::evaluation {
namespace {

// Noise on the features in training: a generated clip is less steady than a drawn one.
constexpr double geometry_jitter = .01, appearance_jitter = .15;

MotionFeatures read(const std::filesystem::path& path) {
  tensor::SafetensorsFile file(path);
  return {file.tensor("geometry"), file.tensor("appearance"), file.tensor("motion"), file.tensor("direction")};
}

}  // namespace

MotionFeatures extract_features(const RecogniserDataset& dataset, const vision::FrameClassifier& network,
                                const tensor::Placement& placement, int64_t clips, const std::filesystem::path& file,
                                base::Observer& observer) {
  if (std::filesystem::exists(file)) return read(file);
  at::NoGradGuard no_grad;
  std::vector<Tensor> geometry, appearance;
  std::vector<int64_t> motion, direction;
  for (int64_t i = 0; i < clips; ++i) {
    observer.throw_if_cancelled();
    ClipExample clip = dataset.clip(i);
    vision::FrameLogits logits = network(clip.frames.to(placement.device, placement.dtype));
    auto numbers = [](const Tensor& t) { return t.to(at::kCPU, at::kFloat); };
    geometry.push_back(vision::geometry_features(numbers(logits.mask).sigmoid(), numbers(logits.rotation)));
    appearance.push_back(numbers(logits.features));
    motion.push_back(clip.motion);
    direction.push_back(clip.direction);
    observer.progress("extracting features", i + 1, clips);
  }
  MotionFeatures features{at::stack(geometry), at::stack(appearance), at::tensor(motion), at::tensor(direction)};
  tensor::write_safetensors(file, {{"geometry", features.geometry},
                                   {"appearance", features.appearance},
                                   {"motion", features.motion},
                                   {"direction", features.direction}});
  return features;
}

MotionTask::MotionTask(MotionFeatures features, const vision::RecogniserConfig& config, std::map<std::string, Tensor> frame, int64_t batch,
                       uint64_t seed)
    : features_(std::move(features)),
      config_(config),
      frame_(std::move(frame)),
      batch_(batch),
      validation_(features_.motion.size(0) / 10),
      seed_(seed),
      weights_(seed, tensor::lecun_normal),
      network_(tensor::Weights(weights_, "motion"), config_.motion, config_.frame.features, std::ssize(config_.motions)) {}

Tensor MotionTask::loss(int64_t step, base::Json&) {
  at::Generator generator = base::generator(base::derive_seed({seed_, 1, static_cast<uint64_t>(step)}));
  Tensor chosen = at::randint(validation_, features_.motion.size(0), {batch_}, generator, at::kLong);
  auto jittered = [&](const Tensor& features, double by) {
    Tensor t = features.index_select(0, chosen);
    return t + by * at::rand({batch_, 1, 1}, generator) * base::randn(t.sizes(), generator);
  };
  vision::MotionLogits logits = network_(jittered(features_.geometry, geometry_jitter), jittered(features_.appearance, appearance_jitter));
  return at::cross_entropy_loss(logits.motion, features_.motion.index_select(0, chosen)) +
         at::cross_entropy_loss(logits.direction, features_.direction.index_select(0, chosen));
}

void MotionTask::sample(const std::filesystem::path&, base::Json& metrics) {
  at::NoGradGuard no_grad;
  auto first = [&](const Tensor& t) { return t.narrow(0, 0, validation_); };
  vision::MotionLogits logits = network_(first(features_.geometry), first(features_.appearance));
  Tensor motion = first(features_.motion), moves = motion < std::ssize(config_.motions), hits = logits.motion.argmax(-1) == motion;
  auto share = [](const Tensor& t) { return t.to(at::kFloat).mean().item<double>(); };
  metrics["motion_accuracy"] = share(hits.masked_select(moves));
  metrics["static_rejected"] = share(hits.masked_select(~moves));
  metrics["direction_accuracy"] = share(logits.direction.argmax(-1) == first(features_.direction));
  for (int64_t i = 0; i < std::ssize(config_.motions); ++i) metrics["motions"][config_.motions[i]] = share(hits.masked_select(motion == i));
}

void MotionTask::save_model(const std::filesystem::path& folder) {
  std::map<std::string, Tensor> all = frame_;
  all.insert(weights_.parameters().begin(), weights_.parameters().end());
  vision::save_recogniser(folder / "recogniser", config_, all);
}

}  // namespace zoetrope::evaluation
