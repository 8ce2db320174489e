#include "zoetrope/autoencoder/autoencoder.h"

#include <gtest/gtest.h>

namespace zoetrope::autoencoder {
namespace {

TEST(Geometry, CountsFramesBothWays) {
  Geometry g{.time = 4, .space = 8, .channels = 16};
  for (int64_t t = 1; t < 20; ++t) EXPECT_EQ(g.latent_frames(g.frames(t)), t);
  EXPECT_TRUE(g.valid_length(1));
  EXPECT_TRUE(g.valid_length(33));
  EXPECT_FALSE(g.valid_length(32));
  EXPECT_FALSE(g.valid_length(0));
}

TEST(Geometry, FindsTheNearestLength) {
  Geometry g;
  EXPECT_EQ(g.nearest_length(1), 1);
  EXPECT_EQ(g.nearest_length(32), 33);
  EXPECT_EQ(g.nearest_length(34.9), 33);
  EXPECT_EQ(g.nearest_length(35.1), 37);
  EXPECT_EQ(g.nearest_length(0), 1);
}

TEST(Signal, ComesBackToTheSameBytes) {
  Tensor bytes = at::arange(256, at::kByte).view({1, 16, 16, 1}).expand({2, 16, 16, 3});
  EXPECT_TRUE(to_bytes(to_unit_range(to_model_range(bytes))).equal(bytes));
}

}  // namespace
}  // namespace zoetrope::autoencoder
