#pragma once
#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

/// Root-mean-square norm with a learned gain over the last dimension (Zhang & Sennrich 2019). Computed in the dtype of x.
struct RmsNorm {
  RmsNorm(tensor::Weights w, int64_t width, double epsilon = 1e-6) : weight(w.get("weight", {width})), epsilon(epsilon) {}

  /// x [..., width] -> [..., width].
  Tensor operator()(const Tensor& x) const { return at::rms_norm(x, weight.sizes(), weight.to(x.scalar_type()), epsilon); }

  Tensor weight;
  double epsilon;
};

}  // namespace zoetrope::nn
