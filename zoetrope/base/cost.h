#pragma once

namespace zoetrope::base {

/// What a computation takes.
struct Cost {
  double flops = 0;  // multiplications and additions
  double bytes = 0;  // of memory at its peak, beyond the weights
};

/// Multiplications and additions a second that this machine's processor does in large products of matrices of `bytes_per_number` wide
/// numbers (4: fp32, 2: bf16), measured when first asked for; that takes some hundredths of a second.
double matmul_flops_per_second(int bytes_per_number);

}  // namespace zoetrope::base
