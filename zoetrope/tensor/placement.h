#pragma once
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::tensor {

/// Where a model computes, decided once: every source of weights has one, and its networks find there where their tensors are. What is made
/// during a pass is made like something that is there (`x.new_zeros`, `at::arange(n, x.options())`).
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;  // of the arithmetic; weights may be kept in another
};

/// The placement for a `device` of cpu, cuda, cuda:N or auto (CUDA where there is one) and a `dtype` of auto, bf16 or fp32, or an error
/// that says what this machine has.
Placement parse_placement(const std::string& device, const std::string& dtype);

/// True where a device multiplies bf16 itself. Processors do with AVX512-BF16 or AMX on x86-64, and with BF16 on arm64.
bool has_bf16(at::Device device);

/// The dtype to compute in, for `asked` of auto, bf16 or fp32. Without bf16 hardware that is always fp32, since bf16 convolutions are
/// several hundred times slower there; bf16 then warns on stderr.
at::ScalarType parse_dtype(const std::string& asked, bool has_bf16);

}  // namespace zoetrope::tensor
