#pragma once
#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

/// Group norm with gain and shift (Wu & He 2018) over channels, the second dimension. Computed in the dtype of x.
struct GroupNorm {
  GroupNorm(tensor::Weights w, int64_t channels, int64_t groups, double epsilon = 1e-6)
      : weight(w.get("weight", {channels})), bias(w.get("bias", {channels})), groups(groups), epsilon(epsilon) {}

  /// x [B,channels,...] -> the same shape.
  Tensor operator()(const Tensor& x) const {
    return at::group_norm(x, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), epsilon);
  }

  Tensor weight, bias;
  int64_t groups;
  double epsilon;
};

}  // namespace zoetrope::nn
