#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/vision/frame_network.h"
#include "zoetrope/vision/motion_network.h"

namespace zoetrope::vision {

/// What a recogniser can name, and the sizes of its networks, as they stand in its config.json.
struct RecogniserConfig {
  std::vector<std::string> objects, colours, scenes, motions;  // objects and motions without "none", which is the last class of each
  FrameSizes frame;
  MotionSizes motion;

  static RecogniserConfig from_json(const base::Json& json);
  base::Json to_json() const;
  FrameClasses frame_classes() const;
};

/// What is seen in each of n frames of height H and width W, brought to a shorter side of 96: probabilities, all fp32.
struct Sight {
  Tensor object;    // [n,objects+1], the last for "none of them": what has lost its form counts as none
  Tensor colour;    // [n,colours], of a plain shape
  Tensor scene;     // [n,scenes]
  Tensor count;     // [n,3]: no object, one, two
  Tensor mask;      // [n,H/2,W/2]: how much of each place objects cover
  Tensor turn;      // [n,6], see FrameLogits
  Tensor features;  // [n,D]
};

/// What happens in a clip, as probabilities.
struct Action {
  Tensor motion;     // [motions+1], the last for "none of them"
  Tensor direction;  // [3]: none, left, right
};

/// Names what the clips of a world show. It judges form: objects that are scrambled, cut up or molten are "none" to it.
class Recogniser {
 public:
  Recogniser(tensor::Weights w, RecogniserConfig config, at::ScalarType compute = at::kFloat);

  const RecogniserConfig& config() const { return config_; }
  /// frames [n,H,W,3] fp32 in 0..1.
  Sight look(const Tensor& frames) const;
  /// The motion through frames that were looked at, evenly spaced over a clip; at least two.
  Action follow(const Sight& sight) const;

 private:
  RecogniserConfig config_;
  at::ScalarType compute_;
  FrameNetwork frame_;
  MotionNetwork motion_;
};

/// How many frames of a clip are looked at, evenly spaced from the first to the last.
constexpr int64_t looked_at = 17;
/// The shorter side to which frames are brought.
constexpr int64_t seen_side = 96;

/// The recogniser in a component's folder (config.json and safetensors); weights are cast to `compute` once.
Recogniser load_recogniser(const std::filesystem::path& folder, at::ScalarType compute);
/// Writes such a folder, with weights in bf16.
void save_recogniser(const std::filesystem::path& folder, const RecogniserConfig& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::vision
