#pragma once
#include <cmath>

#include "zoetrope/base/tensor.h"

namespace zoetrope::nn {

/// Cosines, then sines, of timesteps at `features` / 2 rates that fall from 1 radian a step to almost 1/10000 (Vaswani et al. 2017).
/// timesteps [...] -> [...,features] in fp32. The order of the operations is that of diffusers: at a timestep of 1000 another one would
/// differ in the fourth decimal.
inline Tensor sinusoid(const Tensor& timesteps, int64_t features) {
  int64_t half = features / 2;
  Tensor rates = at::exp(-std::log(10000.0) * at::arange(half, at::kFloat) / static_cast<double>(half));
  Tensor angles = timesteps.to(at::kFloat).unsqueeze(-1) * rates.to(timesteps.device());
  return at::cat({angles.cos(), angles.sin()}, -1);
}

}  // namespace zoetrope::nn
