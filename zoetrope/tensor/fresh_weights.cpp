#include "zoetrope/tensor/fresh_weights.h"

#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {

Init lecun_normal(const std::string& name, at::IntArrayRef shape) {
  if (shape.size() < 2) return name.ends_with("bias") ? Init{0, 0} : Init{0, 1};
  double fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
  return {1 / std::sqrt(fan_in), 0};
}

Tensor TrainableWeights::get(const std::string& name, at::IntArrayRef shape) {
  if (auto known = parameters_.find(name); known != parameters_.end()) {
    if (known->second.sizes() != shape)
      throw base::Error("parameter '{}' is requested as [{}] and as [{}]", name, fmt::join(known->second.sizes(), ","),
                        fmt::join(shape, ","));
    return known->second;
  }
  Tensor value;
  if (base_ != nullptr && base_->has(name)) {
    value = base_->get(name, shape).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  } else {
    Init init = init_(name, shape);
    value = init.deviation == 0 ? at::full(shape, init.mean, at::kFloat) : base::randn(shape, generator_) * init.deviation + init.mean;
  }
  return parameters_.emplace(name, value.to(placement_.device).contiguous().requires_grad_(true)).first->second;
}

}  // namespace zoetrope::tensor
