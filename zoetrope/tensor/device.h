#pragma once
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::tensor {

/// True where the processor multiplies bf16 itself: AVX512-BF16 or AMX on x86-64, BF16 on arm64.
bool has_bf16_hardware();

/// The dtype to compute in, for `asked` of auto, bf16 or fp32. On a CPU without bf16 hardware that is always fp32, since bf16 convolutions
/// are several hundred times slower there; bf16 then warns on stderr.
at::ScalarType compute_dtype(const std::string& asked, at::Device device, bool bf16_hardware = has_bf16_hardware());

/// The device for `asked` of cpu, cuda, cuda:N or auto (CUDA where there is one), or an error that says what this machine has.
at::Device parse_device(const std::string& asked);

}  // namespace zoetrope::tensor
