#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::base {

/// What a computation takes.
struct Cost {
  double flops = 0;  // multiplications and additions
  double bytes = 0;  // of memory at its peak, beyond the weights
};

/// Multiplications and additions a second that a device does in large products of matrices, measured when first asked for; that takes some
/// hundredths of a second.
double matmul_flops_per_second(at::Device device, at::ScalarType dtype);

}  // namespace zoetrope::base
