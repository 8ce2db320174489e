#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// A training example of a denoiser: its input and its target (flow matching: Lipman et al. 2023; Liu et al. 2023).
struct NoisySample {
  Tensor x;       // (1 - sigma) * x0 + sigma * noise
  Tensor target;  // v = noise - x0
};

/// `sigmas` broadcasts against x0, so each token can have its own.
NoisySample add_noise(const Tensor& x0, const Tensor& noise, const Tensor& sigmas);

/// The mean squared error of the velocity over all values whose sigma is not 0: what is known gives nothing to learn. A scalar with
/// gradients.
Tensor flow_matching_loss(const Tensor& velocity, const Tensor& target, const Tensor& sigmas);

/// How sigmas are drawn in training: logit-normal, then shifted like the sigmas of sampling (Esser et al. 2024, section 3.1 and 5.3.2).
struct SigmaDistribution {
  double mean = 0, deviation = 1;
  double shift = 1;
};

/// Sigmas in (0,1), fp32 on the CPU.
Tensor sample_sigmas(at::IntArrayRef shape, const SigmaDistribution& distribution, at::Generator& generator);

}  // namespace zoetrope::diffusion
