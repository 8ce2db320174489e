#pragma once
#include <cstdint>
#include <initializer_list>

#include "zoetrope/base/tensor.h"

namespace zoetrope::base {

/// One seed made of several numbers (run, worker, index, ...), so that neighbours share nothing (splitmix64, Steele et al. 2014).
uint64_t derive_seed(std::initializer_list<uint64_t> parts);

/// A generator that draws what `torch.Generator("cpu").manual_seed(seed)` draws.
at::Generator generator(uint64_t seed);

/// Standard normal noise, drawn in fp32 on the CPU whatever the device: the same seed starts from the same noise everywhere.
Tensor randn(at::IntArrayRef shape, at::Generator& generator);

}  // namespace zoetrope::base
