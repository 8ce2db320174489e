#include "zoetrope/diffusion/guidance.h"

namespace zoetrope::diffusion {
namespace {

/// The standard deviation of each clip, broadcast to its shape.
Tensor deviation(const Tensor& v) {
  std::vector<int64_t> shape(v.dim(), 1);
  shape[0] = v.size(0);
  return v.flatten(1).std(1).reshape(shape);
}

}  // namespace

Tensor Guidance::guide(const Tensor& conditional, const Tensor& unconditional, double sigma) const {
  Tensor guided = unconditional + scale_at(sigma) * (conditional - unconditional);
  if (channels) guided = at::cat({guided.narrow(1, 0, *channels), conditional.slice(1, *channels)}, 1);
  if (rescale == 0) return guided;
  return guided * (rescale * deviation(conditional) / deviation(guided) + (1 - rescale));
}

}  // namespace zoetrope::diffusion
