#pragma once
#include "zoetrope/vision/recogniser/recogniser.h"

namespace zoetrope::vision::test {

/// Networks so small that they judge in no time.
inline FrameSizes tiny_frame() {
  return {.fine = 8, .coarse = 16, .fine_blocks = 1, .coarse_blocks = 1, .attention_pools = 2, .features = 8};
}
inline MotionSizes tiny_motion() { return {.length = 9, .width = 8, .projection = 4}; }

inline RecogniserConfig tiny_config() {
  return {.objects = {"cat", "car", "circle"},
          .colours = {"red", "blue"},
          .scenes = {"meadow", "beach"},
          .motions = {"rolls", "flies"},
          .frame = tiny_frame(),
          .motion = tiny_motion()};
}

/// Random weights of a recogniser, rounded to what a file holds.
inline std::map<std::string, Tensor> random_weights(const RecogniserConfig& config, uint64_t seed = 1) {
  tensor::TrainableWeights weights(seed, tensor::lecun_normal);
  Recogniser recogniser{tensor::Weights(weights), config};
  std::map<std::string, Tensor> rounded;
  for (const auto& [name, value] : weights.parameters()) rounded[name] = value.detach().to(at::kBFloat16).to(at::kFloat);
  return rounded;
}

}  // namespace zoetrope::vision::test
