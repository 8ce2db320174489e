#include "zoetrope/diffusion/objective.h"

namespace zoetrope::diffusion {

Noised noised(const Tensor& x0, const Tensor& noise, const Tensor& levels) { return {(1 - levels) * x0 + levels * noise, noise - x0}; }

Tensor flow_matching_loss(const Tensor& velocity, const Tensor& target, const Tensor& levels) {
  Tensor counts = (levels > 0).to(target.scalar_type()).expand_as(target);
  return (counts * (velocity - target).square()).sum() / counts.sum().clamp_min(1);
}

Tensor draw_levels(at::IntArrayRef shape, const LevelDistribution& distribution, at::Generator& generator) {
  Tensor s = at::sigmoid(distribution.mean + distribution.deviation * base::noise(shape, generator));
  return distribution.shift * s / (1 + (distribution.shift - 1) * s);
}

}  // namespace zoetrope::diffusion
