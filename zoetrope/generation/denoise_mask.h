#pragma once
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::generation {

/// How much each token of a clip may change; every task is a choice of this. A token of value m is shown to the denoiser at m times the
/// sigma of the sampler.
struct DenoiseMask {
  Tensor latents;  // [1,C,t,h,w] what is known, read where the value is below 1
  Tensor values;   // [t,gh,gw] of the token grid: 0 is known, 1 is free, between is partly noised

  /// All tokens of latents [1,C,t,h,w] cut into `grid` are free. On the CPU.
  static DenoiseMask none(at::IntArrayRef shape, transformer::Grid grid);

  /// The same on a device.
  DenoiseMask to(at::Device device) const { return {latents.to(device), values.to(device)}; }

  /// The value of each latent pixel, [1,1,t,h,w].
  Tensor upsample_to_latents() const;
  /// Initial latents for sampling from `sigma`. Free tokens are pure noise [1,C,t,h,w] even if the schedule starts below 1, as in the
  /// references; known ones are as they are, others at their own sigma.
  Tensor start(const Tensor& noise, double sigma) const;
  /// x with the known tokens restored bit for bit.
  Tensor restore_known(const Tensor& x) const;
};

/// The timesteps of all tokens of a clip at a sigma of the sampler.
class TimestepsOfTokens {
 public:
  explicit TimestepsOfTokens(const DenoiseMask& mask);
  transformer::TokenTimesteps at(double sigma, const diffusion::Parameterization& parameterization) const;
  /// The sigma of each latent pixel, of which `denoise_mask` [1,1,t,h,w] is the mask: a double of no dimensions where all are alike.
  Tensor sigmas(double sigma, const Tensor& denoise_mask) const;

 private:
  Tensor values_;  // [1,K] double, the distinct ones, on the CPU
  Tensor index_;   // [1,N] on the device of the mask; undefined if K is 1
};

}  // namespace zoetrope::generation
