#include "zoetrope/base/effort.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(Effort, EveryProcessorDoesSomeMillionOperationsASecond) {
  EXPECT_GT(operations_a_second(4), 1e6);
  EXPECT_GT(operations_a_second(2), 1e6);
}

}  // namespace
}  // namespace zoetrope::base
