#include "zoetrope/base/cost.h"

#include <algorithm>
#include <chrono>

#include "zoetrope/base/tensor.h"

namespace zoetrope::base {
namespace {

double measure(at::ScalarType dtype) {
  constexpr int64_t side = 768;
  Tensor a = at::ones({side, side}, dtype);
  double best = 1e9;
  for (int i = 0; i < 4; ++i) {  // the first one also wakes the threads
    auto start = std::chrono::steady_clock::now();
    at::mm(a, a);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2.0 * side * side * side / best;
}

}  // namespace

double matmul_flops_per_second(int bytes_per_number) {
  if (bytes_per_number == 4) {
    static const double fp32 = measure(at::kFloat);
    return fp32;
  }
  static const double bf16 = measure(at::kBFloat16);
  return bf16;
}

}  // namespace zoetrope::base
