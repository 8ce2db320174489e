#include "zoetrope/base/random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace zoetrope::base {

uint64_t derive_seed(std::initializer_list<uint64_t> parts) {
  uint64_t state = 0;
  for (uint64_t part : parts) {
    state += part + 0x9e3779b97f4a7c15;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    state ^= state >> 31;
  }
  return state;
}

at::Generator generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

Tensor randn(at::IntArrayRef shape, at::Generator& generator) { return at::randn(shape, generator, at::TensorOptions(at::kFloat)); }

}  // namespace zoetrope::base
