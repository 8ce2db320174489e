#pragma once
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// What a network was trained to predict.
enum class PredictionType {
  velocity,              // noise - x0
  negative_velocity,     // x0 - noise
  epsilon,               // the noise
  epsilon_and_variance,  // the noise and the variance of a DDPM step, each half of the channels (dimension 1)
};

/// What the raw output of a denoiser means, and how a sigma becomes its timestep: the one place that translates between the conventions of
/// models and the samplers, which only know velocities and sigmas.
struct Parameterization {
  PredictionType prediction_type = PredictionType::velocity;
  /// Flow matching: the timestep at sigma 1; timesteps are proportional to sigmas.
  double timesteps = 1;
  /// Variance-preserving diffusion (Ho et al. 2020): the cumulative product of 1 - beta for each timestep from 0; x then has the signal
  /// sqrt(a) and the noise sqrt(1 - a). Empty for flow matching.
  std::vector<double> alphas_cumprod = {};
  /// Flow matching: whether timesteps are rounded down to integers.
  bool integer_timesteps = false;

  /// The sigma of a timestep; for variance-preserving diffusion the one with the same ratio of noise to signal.
  double sigma(double timestep) const;
  /// The timestep of each sigma, in the dtype and shape of `sigmas`; for variance-preserving diffusion the nearest integer. Sigmas
  /// should be double: in fp32 that of timestep 700 can lie below it.
  Tensor timestep(const Tensor& sigmas) const;
  // Each token has a sigma of its own: `sigmas` broadcasts against x, in any floating-point dtype; a single number is a tensor of no
  // dimensions.

  /// Scales x at `sigmas` to the input of the network.
  Tensor input(const Tensor& x, const Tensor& sigmas) const;
  /// The inverse of `input`.
  Tensor from_input(const Tensor& seen, const Tensor& sigmas) const;
  /// The predicted variance of a DDPM step between the lower bound (-1) and the upper one (1), in the shape of x, from the raw output;
  /// undefined for models that do not predict it.
  Tensor variances(const Tensor& raw) const;
  /// v = noise - x0 from the raw output for x at `sigmas`, which must be below 1 if the output is the noise.
  Tensor velocity(const Tensor& raw, const Tensor& x, const Tensor& sigmas) const;
};

/// The alphas_cumprod of betas that grow linearly (Ho et al. 2020: from 1e-4 to 0.02 in 1000 steps).
std::vector<double> linear_alphas_cumprod(double first_beta = 1e-4, double last_beta = 0.02, int64_t steps = 1000);

}  // namespace zoetrope::diffusion
