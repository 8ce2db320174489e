#include "zoetrope/transformer/layers.h"

#include <gtest/gtest.h>

namespace zoetrope::transformer {
namespace {

TEST(Patches, ATokenHoldsThePixelsOfItsPatchOfEveryChannel) {
  Tensor latents = at::arange(2 * 3 * 4 * 6).view({1, 2, 3, 4, 6});  // [B,C,t,h,w]
  Tensor tokens = patchify(latents, 2);
  EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{1, 3 * 2 * 3, 2 * 2 * 2}));
  int64_t t = 1, row = 1, column = 2, place = (t * 2 + row) * 3 + column;  // tokens lie in the order time, height, width
  EXPECT_TRUE(tokens[0][place].equal(latents[0].select(1, t).narrow(1, 2 * row, 2).narrow(2, 2 * column, 2).flatten()));
}

TEST(Patches, ThereAndBackIsTheSameBitForBit) {
  Tensor latents = at::randn({2, 3, 5, 8, 12});
  for (int64_t p : {1, 2, 4}) EXPECT_TRUE(unpatchify(patchify(latents, p), 5, 8 / p, 12 / p, p).equal(latents));
  Tensor tokens = at::randn({2, 5 * 4 * 6, 3 * 4});
  EXPECT_TRUE(patchify(unpatchify(tokens, 5, 4, 6, 2), 2).equal(tokens));
}

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
