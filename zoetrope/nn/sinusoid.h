#pragma once
#include <cmath>

#include "zoetrope/base/tensor.h"

namespace zoetrope::nn {

/// Where the rates of a sinusoid end: one before 1/10000 radians a step, as in the transformer, or at it, as in DDPM.
enum class LastRate { before, at };

/// Cosines, then sines, of timesteps at `features` / 2 rates that fall from 1 radian a step to 1/10000 (Vaswani et al. 2017).
/// timesteps [...] -> [...,features] in fp32. The order of the operations is that of diffusers: at a timestep of 1000 another one would
/// differ in the fourth decimal.
inline Tensor sinusoid(const Tensor& timesteps, int64_t features, LastRate last = LastRate::before) {
  int64_t half = features / 2, intervals = last == LastRate::at ? half - 1 : half;
  Tensor rates = at::exp(-std::log(10000.0) * at::arange(half, at::kFloat) / static_cast<double>(intervals));
  Tensor angles = timesteps.to(at::kFloat).unsqueeze(-1) * rates.to(timesteps.device());
  return at::cat({angles.cos(), angles.sin()}, -1);
}

}  // namespace zoetrope::nn
