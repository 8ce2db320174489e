#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::tensor {

/// y = x W^T + b in the dtype of x. x [..., in], weight [out, in] and bias [out] (or undefined) of any dtype -> [..., out].
/// A matrix of another dtype is never whole in that of x: a few of its rows at a time are cast and multiplied while they are in the cache.
/// Where autograd follows, the cast is whole, and a part of the graph.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace zoetrope::tensor
