#pragma once
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope {

/// Weights with which every layer takes part: nothing starts at zero. `vectors`: how biases and gains start.
inline tensor::TrainableWeights random_weights(uint64_t seed, tensor::Init vectors = {0.1, 0.5}) {
  return tensor::TrainableWeights(
      seed, [=](const std::string&, at::IntArrayRef shape) { return shape.size() == 1 ? vectors : tensor::lecun_normal("weight", shape); });
}

}  // namespace zoetrope
