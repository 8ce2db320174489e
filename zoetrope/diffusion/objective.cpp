#include "zoetrope/diffusion/objective.h"

namespace zoetrope::diffusion {

NoisySample add_noise(const Tensor& x0, const Tensor& noise, const Tensor& sigmas) {
  return {(1 - sigmas) * x0 + sigmas * noise, noise - x0};
}

Tensor flow_matching_loss(const Tensor& velocity, const Tensor& target, const Tensor& sigmas) {
  Tensor counts = (sigmas > 0).to(target.scalar_type()).expand_as(target);
  return (counts * (velocity - target).square()).sum() / counts.sum().clamp_min(1);
}

Tensor sample_sigmas(at::IntArrayRef shape, const SigmaDistribution& distribution, at::Generator& generator) {
  Tensor sigma = at::sigmoid(distribution.mean + distribution.deviation * base::randn(shape, generator));
  return distribution.shift * sigma / (1 + (distribution.shift - 1) * sigma);
}

}  // namespace zoetrope::diffusion
