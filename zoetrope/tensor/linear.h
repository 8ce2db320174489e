#pragma once
#include <functional>

#include "zoetrope/base/tensor.h"

namespace zoetrope::tensor {

/// y = x W^T + b in the dtype of x. x [..., in], weight [out, in] and bias [out] (or undefined) of any dtype -> [..., out].
/// A matrix of another dtype is never whole in that of x: a few of its rows at a time are cast and multiplied while they are in the cache.
/// Where autograd follows, the cast is whole, and a part of the graph.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// The same with a matrix [out, in] that is made a few rows at a time: `fill` is handed the first of them, and a block [rows, in] in the
/// dtype of x to write them to. On the CPU, without autograd.
Tensor linear_by_rows(const Tensor& x, int64_t out, const Tensor& bias,
                      const std::function<void(int64_t first, const Tensor& block)>& fill);

}  // namespace zoetrope::tensor
