#include "zoetrope/transformer/cost.h"

#include <gtest/gtest.h>

namespace zoetrope::transformer {
namespace {

TEST(Cost, CountsTheProductsOfABlock) {
  StackSizes sizes{.layers = 3, .width = 8, .feed_forward = 32, .square_matrices = 4};
  double linear = 2.0 * 10 * (4 * 8 * 8 + 2 * 8 * 32), attention = 2.0 * 2 * 10 * 10 * 8;  // scores, and what they weigh
  EXPECT_EQ(cost_of(sizes, 10, 2).flops, 2 * 3 * (linear + attention));
}

TEST(Cost, NeedsLessMemoryWhereRowsFollowEachOtherAndNumbersAreSmall) {
  StackSizes all{.layers = 1, .width = 8, .feed_forward = 64, .square_matrices = 4}, few = all, small = all;
  few.rows_at_once = 100;
  small.bytes_per_number = 2;
  EXPECT_EQ(cost_of(all, 1000, 1).bytes - cost_of(few, 1000, 1).bytes, 2.0 * 900 * 64 * 4);
  EXPECT_LT(cost_of(small, 1000, 1).bytes, cost_of(all, 1000, 1).bytes);
  EXPECT_EQ(cost_of(few, 50, 1).bytes, cost_of(all, 50, 1).bytes);
}

}  // namespace
}  // namespace zoetrope::transformer
