#pragma once
#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

/// A two-dimensional convolution with zero padding that keeps the size (odd kernels, stride 1) or divides it by the stride.
/// x [B,in,H,W] -> [B,out,H/stride,W/stride], in the dtype of x.
struct Conv2d {
  Conv2d(tensor::Weights w, int64_t in, int64_t out, int64_t kernel, int64_t stride = 1)
      : weight(w.get("weight", {out, in, kernel, kernel})), bias(w.get("bias", {out})), stride(stride), padding(kernel / 2) {}

  Tensor operator()(const Tensor& x) const {
    return at::conv2d(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {stride, stride}, {padding, padding});
  }

  Tensor weight, bias;
  int64_t stride, padding;
};

}  // namespace zoetrope::nn
