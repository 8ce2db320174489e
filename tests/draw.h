#pragma once
#include "zoetrope/base/random.h"

namespace zoetrope {

/// Standard normal numbers, always the same for a seed.
inline Tensor draw(at::IntArrayRef shape, uint64_t seed = 1) {
  at::Generator generator = base::generator(seed);
  return base::randn(shape, generator);
}

}  // namespace zoetrope
