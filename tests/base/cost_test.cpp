#include "zoetrope/base/cost.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(Cost, EveryProcessorDoesSomeMillionOperationsASecond) {
  EXPECT_GT(matmul_flops_per_second(at::kCPU, at::kFloat), 1e6);
  EXPECT_GT(matmul_flops_per_second(at::kCPU, at::kBFloat16), 1e6);
}

}  // namespace
}  // namespace zoetrope::base
