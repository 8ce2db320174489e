#include "zoetrope/vision/recogniser/recogniser.h"

#include "zoetrope/base/error.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::vision {
namespace {

constexpr const char* recogniser_class = "ZoetropeRecogniser";
constexpr int64_t size_multiple = 8;  // of the frame network

/// frames [n,H,W,3] -> [n,3,h,w] with a shorter side of `input_size`.
Tensor at_input_size(const Tensor& frames) {
  int64_t height = frames.size(1), width = frames.size(2), shorter = std::min(height, width);
  auto side = [&](int64_t length) {
    return std::max<int64_t>(1, (length * input_size / shorter + size_multiple / 2) / size_multiple) * size_multiple;
  };
  return media::resize(frames, side(height), side(width)).permute({0, 3, 1, 2});
}

}  // namespace

RecogniserConfig RecogniserConfig::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != recogniser_class)
    throw base::Error("the recogniser is a '{}', Zoetrope's own is a '{}'", json.value("_class_name", ""), recogniser_class);
  RecogniserConfig c;
  auto names = [&](const char* key) { return json.at(key).get<std::vector<std::string>>(); };
  c.objects = names("objects");
  c.colours = names("colours");
  c.scenes = names("scenes");
  c.motions = names("motions");
  c.frame.fine = json.at("fine_width");
  c.frame.coarse = json.at("coarse_width");
  c.frame.fine_blocks = json.at("fine_blocks");
  c.frame.coarse_blocks = json.at("coarse_blocks");
  c.frame.attention_pools = json.at("glances");
  c.frame.features = json.at("features");
  c.motion.length = json.at("motion_length");
  c.motion.width = json.at("motion_width");
  c.motion.projection = json.at("motion_looks");
  return c;
}

base::Json RecogniserConfig::to_json() const {
  return {{"_class_name", recogniser_class},
          {"objects", objects},
          {"colours", colours},
          {"scenes", scenes},
          {"motions", motions},
          {"fine_width", frame.fine},
          {"coarse_width", frame.coarse},
          {"fine_blocks", frame.fine_blocks},
          {"coarse_blocks", frame.coarse_blocks},
          {"glances", frame.attention_pools},
          {"features", frame.features},
          {"motion_length", motion.length},
          {"motion_width", motion.width},
          {"motion_looks", motion.projection}};
}

FrameClasses RecogniserConfig::frame_classes() const {
  return {std::ssize(objects) + 1, std::max<int64_t>(1, std::ssize(colours)), std::ssize(scenes)};
}

Recogniser::Recogniser(tensor::Weights w, RecogniserConfig config)
    : config_(std::move(config)),
      placement_(w.placement()),
      frame_(w / "frame", config_.frame, config_.frame_classes()),
      motion_(w / "motion", config_.motion, config_.frame.features, std::ssize(config_.motions)) {}

FramePredictions Recogniser::classify_frames(const Tensor& frames) const {
  at::NoGradGuard no_grad;
  FrameLogits logits = frame_(at_input_size(frames.to(at::kFloat)).to(placement_.device, placement_.dtype));
  auto numbers = [](const Tensor& t) { return t.to(at::kCPU, at::kFloat); };
  auto probability = [&](const Tensor& logits) { return at::softmax(numbers(logits), -1); };
  return {probability(logits.object),     probability(logits.colour), probability(logits.scene), probability(logits.count),
          numbers(logits.mask).sigmoid(), numbers(logits.rotation),   numbers(logits.features)};
}

MotionPrediction Recogniser::classify_motion(const FramePredictions& predictions) const {
  at::NoGradGuard no_grad;
  if (predictions.mask.size(0) < 2) throw base::Error("a motion needs at least two frames, got {}", predictions.mask.size(0));
  auto clip = [&](const Tensor& of_frames) { return of_frames.unsqueeze(0).to(placement_.device); };
  MotionLogits logits = motion_(clip(geometry_features(predictions.mask, predictions.rotation)), clip(predictions.features));
  return {at::softmax(logits.motion[0].cpu(), -1), at::softmax(logits.direction[0].cpu(), -1)};
}

Recogniser load_recogniser(const std::filesystem::path& folder, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(folder, placement);
  checkpoint.cast_weights();
  return Recogniser(tensor::Weights(checkpoint), tensor::read_config<RecogniserConfig>(folder));
}

void save_recogniser(const std::filesystem::path& folder, const RecogniserConfig& config, const std::map<std::string, Tensor>& parameters) {
  tensor::save_component(folder, config.to_json(), parameters, at::kBFloat16);
}

}  // namespace zoetrope::vision
