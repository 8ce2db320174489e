#pragma once
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::test {

/// A device over the host's memory that is as strict as a GPU: each operator computes as on the CPU, but throws when its tensors are on two
/// devices (single numbers on the CPU excepted), and reads to the host are counted. It computes in fp32: it says that it has no bf16.
at::Device strict_device();

/// Reads from the strict device to the host since the program began: copies to the CPU, and values of single numbers.
int64_t host_reads();

/// The devices on which the tests of this folder run: the strict one, and CUDA where there is one.
std::vector<at::Device> devices();

}  // namespace zoetrope::test
