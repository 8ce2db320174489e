#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// What a denoiser is shown in training and what it should answer (flow matching: Lipman et al. 2023; Liu et al. 2023).
struct Noised {
  Tensor x;       // (1-s) * x0 + s * noise
  Tensor target;  // v = noise - x0
};

/// Each value of x0 at its level: `levels` broadcasts against x0, so that each token can have its own.
Noised noised(const Tensor& x0, const Tensor& noise, const Tensor& levels);

/// The mean squared error of the velocity over what is not known. Where the level is 0 the noise cannot be seen and nothing can be
/// learnt, so those values do not count. A scalar that gradients flow through.
Tensor flow_matching_loss(const Tensor& velocity, const Tensor& target, const Tensor& levels);

/// How noise levels are drawn in training: the logistic function of a normal variable, then shifted as the levels of sampling are
/// (Esser et al. 2024, section 3.1 and 5.3.2).
struct LevelDistribution {
  double mean = 0, deviation = 1;
  double shift = 1;
};

/// Levels in (0,1), fp32 on the CPU.
Tensor draw_levels(at::IntArrayRef shape, const LevelDistribution& distribution, at::Generator& generator);

}  // namespace zoetrope::diffusion
