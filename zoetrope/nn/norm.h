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

/// Layer norm with a learned gain and shift over the last dimension (Ba et al. 2016). Computed in fp32, given in the dtype of x.
struct LayerNorm {
  LayerNorm(tensor::Weights w, int64_t width, double epsilon)
      : weight(w.get("weight", {width})), bias(w.get("bias", {width})), epsilon(epsilon) {}

  /// x [..., width] -> [..., width].
  Tensor operator()(const Tensor& x) const {
    return at::layer_norm(x.to(at::kFloat), weight.sizes(), weight.to(at::kFloat), bias.to(at::kFloat), epsilon).to(x.scalar_type());
  }

  Tensor weight, bias;
  double epsilon;
};

}  // namespace zoetrope::nn
