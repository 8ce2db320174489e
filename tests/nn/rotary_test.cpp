#include "zoetrope/nn/rotary.h"

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::nn {
namespace {

TEST(Rotary, ProductsDependOnWhereTokensStandToEachOther) {
  RotaryEmbedding rotary = rotary_embedding({.time_pairs = 2, .height_pairs = 3, .width_pairs = 3}, grid_positions(3, 4, 5));
  at::Generator generator = base::generator(1);
  Tensor q = base::randn({1, 1, 1, 16}, generator), k = base::randn({1, 1, 1, 16}, generator);
  Tensor products =
      at::matmul(rotary.apply_half(q.expand({1, 1, 60, 16})), rotary.apply_half(k.expand({1, 1, 60, 16})).transpose(-1, -2))[0][0];
  auto at_place = [](int t, int y, int x) { return (t * 4 + y) * 5 + x; };
  auto product = [&](int a, int b) { return products[a][b].item<double>(); };
  EXPECT_NEAR(product(at_place(0, 0, 0), at_place(1, 2, 1)), product(at_place(1, 1, 3), at_place(2, 3, 4)), 1e-4);
  EXPECT_GT(std::abs(product(at_place(0, 0, 0), at_place(1, 2, 1)) - product(at_place(0, 0, 0), at_place(2, 2, 1))), 1e-3);
}

TEST(Rotary, OfNeighboursIsTheSameUpToTheOrderOfComponents) {
  RotaryEmbedding rotary = rotary_embedding({2, 1, 1}, grid_positions(2, 2, 2));
  at::Generator generator = base::generator(3);
  Tensor x = base::randn({1, 2, 8, 8}, generator);
  Tensor apart = x.unflatten(-1, {-1, 2}).transpose(-1, -2).flatten(-2);  // 0 2 4 6 1 3 5 7
  Tensor back = rotary.apply_half(apart).unflatten(-1, {2, -1}).transpose(-1, -2).flatten(-2);
  EXPECT_TRUE(rotary.apply_interleaved(x).equal(back));
}

TEST(Rotary, APartOfALongerClipIsWhatItIsThere) {
  RotaryAxes axes{2, 1, 1};
  Tensor positions = grid_positions(5, 2, 3);
  EXPECT_TRUE(positions[7].equal(at::tensor({1., 0., 1.}, at::kDouble)));
  RotaryEmbedding whole = rotary_embedding(axes, positions), last = rotary_embedding(axes, positions.narrow(0, 18, 12));
  EXPECT_TRUE(last.cosine.equal(whole.cosine.narrow(0, 18, 12)));
  EXPECT_TRUE(last.sine.equal(whole.sine.narrow(0, 18, 12)));
}

TEST(Rotary, KeepsLengths) {
  RotaryEmbedding rotary = rotary_embedding({2, 1, 1}, grid_positions(2, 2, 2));
  at::Generator generator = base::generator(2);
  Tensor x = base::randn({1, 2, 8, 8}, generator);
  EXPECT_TRUE(at::allclose(rotary.apply_half(x).norm(2, {-1}), x.norm(2, {-1}), 1e-5, 1e-6));
}

TEST(Rotary, LeavesTheFirstTokenAlone) {
  RotaryEmbedding rotary = rotary_embedding({2, 1, 1}, grid_positions(2, 2, 2));
  Tensor x = at::ones({1, 1, 8, 8});
  EXPECT_TRUE(rotary.apply_half(x)[0][0][0].equal(x[0][0][0]));
}

}  // namespace
}  // namespace zoetrope::nn
