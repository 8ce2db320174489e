#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/vision/recogniser/frame_classifier.h"
#include "zoetrope/vision/recogniser/motion_classifier.h"

namespace zoetrope::vision {

/// The classes of a recogniser and the sizes of its networks, from its config.json.
struct RecogniserConfig {
  std::vector<std::string> objects, colours, scenes, motions;  // objects and motions without "none", which is the last class of each
  FrameSizes frame;
  MotionSizes motion;

  static RecogniserConfig from_json(const base::Json& json);
  base::Json to_json() const;
  FrameClasses frame_classes() const;
};

/// Predictions for n frames of height H and width W, resized to a shorter side of 96: probabilities, fp32.
struct FramePredictions {
  Tensor object;    // [n,objects+1], the last for "none of them": objects without their shape count as none
  Tensor colour;    // [n,colours], of a plain shape
  Tensor scene;     // [n,scenes]
  Tensor count;     // [n,3]: no object, one, two
  Tensor mask;      // [n,H/2,W/2]: how much of each pixel objects cover
  Tensor rotation;  // [n,6], see FrameLogits
  Tensor features;  // [n,D]
};

/// Predictions for a clip: probabilities.
struct MotionPrediction {
  Tensor motion;     // [motions+1], the last for "none of them"
  Tensor direction;  // [3]: none, left, right
};

/// Recognises what the clips of a world show. It judges shape: scrambled, sliced or melted objects are "none".
class Recogniser {
 public:
  Recogniser(tensor::Weights w, RecogniserConfig config);

  const RecogniserConfig& config() const { return config_; }
  /// frames [n,H,W,3] fp32 in 0..1. Frames and predictions are on the CPU, wherever the networks compute.
  FramePredictions classify_frames(const Tensor& frames) const;
  /// The motion from predictions for frames that are evenly spaced over a clip; at least two.
  MotionPrediction classify_motion(const FramePredictions& predictions) const;

 private:
  RecogniserConfig config_;
  tensor::Placement placement_;
  FrameClassifier frame_;
  MotionClassifier motion_;
};

/// Frames of a clip that are classified, evenly spaced from the first to the last.
constexpr int64_t num_frames = 17;
/// The shorter side to which frames are resized.
constexpr int64_t input_size = 96;

/// The recogniser in a component's folder (config.json and safetensors); weights are cast to the dtype of the placement once.
Recogniser load_recogniser(const std::filesystem::path& folder, const tensor::Placement& placement);
/// Writes such a folder, with weights in bf16.
void save_recogniser(const std::filesystem::path& folder, const RecogniserConfig& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::vision
