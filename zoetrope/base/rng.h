#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "zoetrope/base/random.h"

namespace zoetrope::base {

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
