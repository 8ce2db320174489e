#include "zoetrope/transformer/effort.h"

#include <gtest/gtest.h>

namespace zoetrope::transformer {
namespace {

TEST(Effort, CountsTheProductsOfABlock) {
  StackSizes sizes{.layers = 3, .width = 8, .feed_forward = 32, .square_matrices = 4};
  double linear = 2.0 * 10 * (4 * 8 * 8 + 2 * 8 * 32), attention = 2.0 * 2 * 10 * 10 * 8;  // scores, and what they weigh
  EXPECT_EQ(effort_of(sizes, 10, 2).operations, 2 * 3 * (linear + attention));
}

TEST(Effort, NeedsLessMemoryWhereRowsFollowEachOtherAndNumbersAreSmall) {
  StackSizes all{.layers = 1, .width = 8, .feed_forward = 64, .square_matrices = 4}, few = all, small = all;
  few.rows_at_once = 100;
  small.bytes_a_number = 2;
  EXPECT_EQ(effort_of(all, 1000, 1).bytes - effort_of(few, 1000, 1).bytes, 2.0 * 900 * 64 * 4);
  EXPECT_LT(effort_of(small, 1000, 1).bytes, effort_of(all, 1000, 1).bytes);
  EXPECT_EQ(effort_of(few, 50, 1).bytes, effort_of(all, 50, 1).bytes);
}

}  // namespace
}  // namespace zoetrope::transformer
