#pragma once
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// What a network was trained to give.
enum class Output {
  velocity,              // noise - x0
  negative_velocity,     // x0 - noise
  epsilon,               // the noise
  epsilon_and_variance,  // the noise and the variance of a random step, each half of the channels (dimension 1)
};

/// What the raw output of a denoiser means, and what it wants to be told: the one place where models of other conventions meet the
/// samplers, which know velocities and noise levels alone.
struct Parameterization {
  Output output = Output::velocity;
  /// Flow matching: the timestep at level 1; timesteps are proportional to levels.
  double timesteps = 1;
  /// Variance-preserving diffusion (Ho et al. 2020): the cumulative product of 1 - beta for each timestep from 0 on; x has then the signal
  /// sqrt(a) and the noise sqrt(1 - a). Empty for flow matching.
  std::vector<double> alphas_cumprod = {};
  /// Flow matching: whether the network is told the whole timestep below a level instead of the one between.
  bool whole = false;

  /// The level of a timestep; for variance-preserving diffusion the one with the same ratio of noise to signal.
  double level(double timestep) const;
  /// The timestep of each level, in the dtype and shape of `levels`; for variance-preserving diffusion the nearest whole one. Levels
  /// should be double: in fp32 the one of timestep 700 can lie below it.
  Tensor timestep(const Tensor& levels) const;
  /// x at level s as the network wants to see it.
  Tensor input(const Tensor& x, double s) const;
  /// The inverse of `input`: what the network takes for pure noise at level s is where sampling begins.
  Tensor from_input(const Tensor& seen, double s) const;
  /// Where the variance of a random step lies between the smallest (-1) and the largest (1), in the shape of x, from the raw output;
  /// undefined in models that do not say.
  Tensor variances(const Tensor& raw) const;
  /// v = noise - x0 from the raw output for x at level s; s is below 1 where the output is the noise.
  Tensor velocity(const Tensor& raw, const Tensor& x, double s) const;
};

/// The alphas_cumprod of betas that grow linearly (Ho et al. 2020: from 1e-4 to 0.02 in 1000 steps).
std::vector<double> linear_alphas_cumprod(double first_beta = 1e-4, double last_beta = 0.02, int64_t steps = 1000);

}  // namespace zoetrope::diffusion
