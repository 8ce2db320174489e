#pragma once
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::base {

/// One seed made of several numbers (run, worker, index, ...), so that neighbours share nothing (splitmix64, Steele et al. 2014).
uint64_t derive_seed(std::initializer_list<uint64_t> parts);

/// A generator that draws what `torch.Generator("cpu").manual_seed(seed)` draws.
at::Generator generator(uint64_t seed);

/// Standard normal noise, drawn in fp32 on the CPU whatever the device: the same seed starts from the same noise everywhere.
Tensor randn(at::IntArrayRef shape, at::Generator& generator);

/// A stream of random choices that only depends on its seed, on every machine (the standard's distributions do not guarantee that).
class Rng {
 public:
  explicit Rng(uint64_t seed) : seed_(seed) {}

  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  size_t below(size_t count) { return next() % count; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  uint64_t next() { return derive_seed({seed_, count_++}); }

 private:
  uint64_t seed_, count_ = 0;
};

}  // namespace zoetrope::base
