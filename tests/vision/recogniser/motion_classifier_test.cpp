#include "zoetrope/vision/recogniser/motion_classifier.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/vision/tiny_recogniser.h"

namespace zoetrope::vision {
namespace {

/// One mask of 48 x 64 that covers a rectangle.
Tensor rectangle(int64_t top, int64_t left, int64_t height, int64_t width, double cover = 1) {
  Tensor mask = at::zeros({1, 48, 64});
  mask.narrow(1, top, height).narrow(2, left, width).fill_(cover);
  return mask;
}

/// The features of one mask.
struct Measured {
  explicit Measured(const Tensor& mask) {
    Tensor m = geometry_features(mask, at::zeros({1, 6}));
    EXPECT_EQ(m.sizes(), at::IntArrayRef({1, num_geometry_features}));
    EXPECT_TRUE(m.isfinite().all().item<bool>());
    std::vector<double*> to{&x, &y, &wide, &high, &slant, &area, &there, &columns, &rows};
    for (size_t i = 0; i < to.size(); ++i) *to[i] = m[0][static_cast<int64_t>(i)].item<double>();
  }
  double x, y, wide, high, slant, area, there, columns, rows;
};

TEST(GeometryFeatures, FindsARectangle) {
  Measured m(rectangle(12, 8, 12, 24));  // its middle is 6 above and 12 to the left of the image's
  EXPECT_NEAR(m.x, -12. / 48, 1e-3);
  EXPECT_NEAR(m.y, -6. / 48, 1e-3);
  EXPECT_NEAR(m.wide, 24 / std::sqrt(12.) / 48, 2e-3);  // the deviation of a uniform distribution
  EXPECT_NEAR(m.high, 12 / std::sqrt(12.) / 48, 2e-3);
  EXPECT_NEAR(m.slant, 0, 1e-4);
  EXPECT_NEAR(m.area, std::sqrt(12 * 24.) / 48, 1e-3);
  EXPECT_EQ(m.there, 1);
  EXPECT_NEAR(m.columns, 24. / 64, 1e-6);
  EXPECT_NEAR(m.rows, 12. / 48, 1e-6);
}

TEST(GeometryFeatures, FollowsWhatMovesAndKeepsItsSize) {
  Measured before(rectangle(10, 10, 9, 15)), after(rectangle(13, 6, 9, 15));
  EXPECT_NEAR(after.x - before.x, -4. / 48, 1e-4);
  EXPECT_NEAR(after.y - before.y, 3. / 48, 1e-4);
  EXPECT_NEAR(after.wide, before.wide, 1e-4);
  EXPECT_NEAR(after.area, before.area, 1e-6);
}

TEST(GeometryFeatures, TellsWhichWayADiagonalLeans) {
  Tensor mask = at::zeros({1, 48, 64});
  for (int64_t i = 0; i < 20; ++i) mask.narrow(1, i, 1).narrow(2, i, 2).fill_(1);
  EXPECT_GT(Measured(mask).slant, .01);
  EXPECT_NEAR(Measured(mask.flip(2)).slant, -Measured(mask).slant, 1e-4);
}

TEST(GeometryFeatures, TakesWhatIsHardlyCoveredForNothing) {
  Measured nothing(at::zeros({1, 48, 64})), faint(rectangle(0, 0, 48, 64, .25));
  EXPECT_EQ(nothing.there, 0);
  EXPECT_EQ(faint.area, 0);
  EXPECT_EQ(faint.x, 0);
}

TEST(GeometryFeatures, ContainTheRotation) {
  Tensor rotation = at::arange(6, at::kFloat).unsqueeze(0);
  EXPECT_TRUE(geometry_features(rectangle(0, 0, 9, 9), rotation).narrow(1, num_geometry_features - 6, 6).equal(rotation));
}

struct MotionClassifierTest : testing::Test {
  /// A track that moves evenly from one state to another, in so many frames.
  Tensor even(int64_t frames, int64_t width, uint64_t seed) {
    at::Generator generator = base::generator(seed);
    Tensor from = at::rand({1, 1, width}, generator), to = at::rand({1, 1, width}, generator);
    return from + at::linspace(0, 1, frames).view({1, -1, 1}) * (to - from);
  }
  tensor::TrainableWeights weights{1, tensor::lecun_normal};
  MotionClassifier network{tensor::Weights(weights), test::tiny_motion(), /*features=*/8, /*motions=*/5};
};

TEST_F(MotionClassifierTest, SaysTheSameOfAMotionAtAnyFrameRate) {
  MotionLogits few = network(even(17, num_geometry_features, 1), even(17, 8, 2)),
               many = network(even(41, num_geometry_features, 1), even(41, 8, 2));
  EXPECT_EQ(few.motion.sizes(), at::IntArrayRef({1, 6}));  // one more for none of them
  EXPECT_EQ(few.direction.sizes(), at::IntArrayRef({1, 3}));
  EXPECT_TRUE(at::allclose(few.motion, many.motion, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(few.direction, many.direction, 1e-3, 1e-4));
}

TEST_F(MotionClassifierTest, TellsATrackFromTheSameOneBackwards) {
  Tensor track = even(17, num_geometry_features, 1), appearance = even(17, 8, 2);
  EXPECT_GT((network(track, appearance).direction - network(track.flip(1), appearance.flip(1)).direction).abs().max().item<float>(), 1e-3);
}

TEST(Conv1d, KeepsTheLength) {
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Conv1d conv(tensor::Weights(weights), 3, 7, 5);
  EXPECT_EQ(conv(at::zeros({2, 3, 11})).sizes(), at::IntArrayRef({2, 7, 11}));
}

}  // namespace
}  // namespace zoetrope::vision
