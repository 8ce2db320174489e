#pragma once
#include "zoetrope/tensor/linear.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

using tensor::Weights;

/// y = x W^T + b. x [..., in] -> [..., out]. The weights are cast to the dtype of x, so the caller's dtype is the compute dtype.
struct Linear {
  enum class Bias { yes, no };

  Linear(Weights w, int64_t in, int64_t out, Bias with_bias = Bias::yes)
      : weight(w.get("weight", {out, in})),
        bias(with_bias == Bias::yes ? w.get("bias", {out}) : Tensor()),
        kernel(w.kernel(weight, bias)) {}

  Tensor operator()(const Tensor& x) const { return kernel ? kernel->apply(x) : tensor::linear(x, weight, bias); }

  Tensor weight, bias;
  std::shared_ptr<const tensor::LinearKernel> kernel;
};

}  // namespace zoetrope::nn
