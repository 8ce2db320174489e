#include "zoetrope/training/flop_counter.h"

#include <gtest/gtest.h>

#include "tests/draw.h"

namespace zoetrope::training {
namespace {

TEST(FlopCounter, CountsALinearLayerAndItsTwoGradients) {
  Tensor x = draw({2, 5, 8}, 1).requires_grad_(), weight = draw({3, 8}, 2).requires_grad_(), bias = draw({3}, 3).requires_grad_();
  FlopCounter counter;
  Tensor y = at::linear(x, weight, bias);
  EXPECT_EQ(counter.total(), 2 * 10 * 8 * 3);
  y.sum().backward();
  EXPECT_EQ(counter.total(), 3 * 2 * 10 * 8 * 3);
}

TEST(FlopCounter, CountsAConvolutionAndItsTwoGradients) {
  Tensor x = draw({2, 4, 8, 6}, 1).requires_grad_(), weight = draw({5, 4, 3, 3}, 2).requires_grad_();
  const double forward = 2.0 * 2 * 5 * (4 * 3) * 4 * 9;
  FlopCounter counter;
  Tensor y = at::conv2d(x, weight, {}, {2, 2}, {1, 1});
  EXPECT_EQ(counter.total(), forward);
  y.sum().backward();
  EXPECT_EQ(counter.total(), 3 * forward);
}

TEST(FlopCounter, CountsOnlyTheGradientsThatAreAskedFor) {
  Tensor x = draw({1, 2, 4, 4}, 1), weight = draw({3, 2, 1, 1}, 2).requires_grad_();
  FlopCounter counter;
  at::conv2d(x, weight).sum().backward();
  EXPECT_EQ(counter.total(), 2 * (2.0 * 3 * 16 * 2));
}

TEST(FlopCounter, CountsTheProductsOfAttention) {
  Tensor q = draw({2, 3, 5, 8}, 1), k = draw({2, 3, 7, 8}, 2), v = draw({2, 3, 7, 8}, 3);
  FlopCounter counter;
  at::scaled_dot_product_attention(q, k, v);
  EXPECT_EQ(counter.total(), 2 * 2 * (2.0 * 3 * 5 * 7 * 8));
}

TEST(FlopCounter, BeginsAnewAndCountsNothingWhenItIsGone) {
  Tensor a = draw({4, 4}, 1);
  {
    FlopCounter counter;
    at::mm(a, a);
    EXPECT_EQ(counter.total(), 128);
  }
  at::mm(a, a);
  FlopCounter counter;
  EXPECT_EQ(counter.total(), 0);
}

}  // namespace
}  // namespace zoetrope::training
