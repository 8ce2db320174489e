#include "zoetrope/evaluation/recogniser/dataset.h"

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"

namespace zoetrope::evaluation {
namespace {

/// RecogniserDataset of one kind alone.
RecogniserDatasetSettings settings(double corrupted = 0, double empty = 0, double pairs = 0) {
  RecogniserDatasetSettings s;
  s.world = test::small_world();
  s.corrupted = corrupted, s.empty = empty, s.pairs = pairs, s.without_motion = 0, s.decoded = 0;
  return s;
}

std::vector<Tensor> parts(const FrameBatch& b) {
  return {b.frames, b.object, b.colour, b.scene, b.count, b.mask, b.rotation, b.rotation_known};
}

TEST(RecogniserOf, ListsWhatAWorldHas) {
  vision::RecogniserConfig config = recogniser_of(test::small_world());
  EXPECT_EQ(config.objects, (std::vector<std::string>{"cat", "car", "banana", "circle", "star"}));
  EXPECT_EQ(config.colours, (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(class_of(config.objects, "banana"), 2);
  EXPECT_EQ(class_of(config.objects, "dragon"), 5);
  world::Settings no_shapes = test::small_world();
  no_shapes.shapes.clear();
  EXPECT_TRUE(recogniser_of(no_shapes).colours.empty());
}

TEST(RecogniserDataset, AreTheSameForTheSameNumber) {
  RecogniserDatasetSettings mixed = settings(.3, .1, .2);
  RecogniserDataset one(mixed, nullptr), again(mixed, nullptr);
  std::vector<Tensor> batch = parts(one.frames(5, 8)), same = parts(again.frames(5, 8));
  for (size_t i = 0; i < batch.size(); ++i) EXPECT_TRUE(batch[i].equal(same[i])) << i;
  EXPECT_FALSE(batch[0].equal(one.frames(6, 8).frames));
  EXPECT_TRUE(one.clip(3).frames.equal(again.clip(3).frames));
  EXPECT_FALSE(one.clip(3).frames.equal(one.clip(4).frames));
  mixed.seed += 1;
  EXPECT_FALSE(batch[0].equal(RecogniserDataset(mixed, nullptr).frames(5, 8).frames));
}

TEST(RecogniserDataset, OfWholeObjectsAreNamed) {
  FrameBatch b = RecogniserDataset(settings(), nullptr).frames(0, 24);
  ASSERT_EQ(b.frames.sizes(), at::IntArrayRef({24, 3, 96, 96}));
  ASSERT_EQ(b.object.sizes(), at::IntArrayRef({24, 6}));
  ASSERT_EQ(b.mask.sizes(), at::IntArrayRef({24, 48, 48}));
  EXPECT_GE(b.frames.min().item<float>(), 0);
  EXPECT_LE(b.frames.max().item<float>(), 1);
  EXPECT_TRUE(at::allclose(b.object.sum(1), at::ones({24})));
  EXPECT_EQ(b.object.select(1, 5).max().item<float>(), 0);
  EXPECT_TRUE((b.count == 1).all().item<bool>());
  EXPECT_TRUE((b.scene >= 0).all().item<bool>() && (b.scene < 3).all().item<bool>());
  Tensor shape = b.object.narrow(1, 3, 2).sum(1) > 0, circle = b.object.select(1, 3) > 0;
  EXPECT_TRUE((b.colour.masked_select(~shape) == -100).all().item<bool>());
  EXPECT_TRUE((b.colour.masked_select(shape) >= 0).any().item<bool>());
  EXPECT_TRUE((b.rotation_known.masked_select(circle) == 0).all().item<bool>());  // a circle looks the same however it is turned
  EXPECT_TRUE(at::allclose(b.rotation.narrow(1, 0, 2).square().sum(1).masked_select(b.rotation_known > 0), at::ones({1})));
}

TEST(RecogniserDataset, OfSpoiledObjectsAreNoneThoughSomethingIsThere) {
  FrameBatch b = RecogniserDataset(settings(1), nullptr).frames(0, 12);
  EXPECT_TRUE((b.object.select(1, 5) == 1).all().item<bool>());
  EXPECT_TRUE((b.count == 1).all().item<bool>());
  EXPECT_TRUE((b.colour == -100).all().item<bool>());
  EXPECT_GT(b.mask.amax({1, 2}).mean().item<float>(), .8);
}

TEST(RecogniserDataset, OfNothingAreEmpty) {
  FrameBatch b = RecogniserDataset(settings(0, 1), nullptr).frames(0, 6);
  EXPECT_TRUE((b.object.select(1, 5) == 1).all().item<bool>());
  EXPECT_TRUE((b.count == 0).all().item<bool>());
  EXPECT_EQ(b.mask.max().item<float>(), 0);
}

TEST(RecogniserDataset, OfPairsShareTheirNames) {
  FrameBatch b = RecogniserDataset(settings(0, 0, 1), nullptr).frames(0, 12);
  Tensor two = b.count == 2;
  EXPECT_TRUE(two.any().item<bool>());
  EXPECT_TRUE(((b.count == 1) | two).all().item<bool>());
  EXPECT_TRUE((std::get<0>(b.object.max(1)).masked_select(two) == .5).any().item<bool>());
  EXPECT_TRUE((b.colour.masked_select(two) == -100).all().item<bool>());
}

TEST(RecogniserDataset, OfClipsTellTheMotion) {
  RecogniserDataset dataset(settings(), nullptr);
  for (int64_t i = 0; i < 4; ++i) {
    ClipExample clip = dataset.clip(i);
    EXPECT_EQ(clip.frames.sizes(), at::IntArrayRef({vision::num_frames, 3, 96, 96}));
    EXPECT_LT(clip.motion, 4);
    const std::string motion = test::small_world().motions[static_cast<size_t>(clip.motion)];
    EXPECT_EQ(clip.direction != 0, motion == "rolls" || motion == "flies") << motion;
  }
}

TEST(RecogniserDataset, OfWhatDoesNotMoveAsObjectsDoHaveNoMotion) {
  RecogniserDatasetSettings without_motion = settings();
  without_motion.without_motion = 1;
  RecogniserDataset dataset(without_motion, nullptr);
  int64_t still = 0;
  for (int64_t i = 0; i < 8; ++i) {
    ClipExample clip = dataset.clip(i);
    EXPECT_EQ(clip.motion, 4);
    EXPECT_EQ(clip.direction, 0);
    still += (clip.frames[0] - clip.frames[16]).abs().mean().item<float>() < .04;  // but for its grain
  }
  EXPECT_GT(still, 0);
  EXPECT_LT(still, 8);
}

TEST(RecogniserDataset, GoThroughTheAutoencoderInTheirShare) {
  RecogniserDatasetSettings decoded = settings(.5);
  test::Grey grey;
  EXPECT_TRUE(RecogniserDataset(decoded, &grey).frames(0, 4).frames.equal(RecogniserDataset(decoded, nullptr).frames(0, 4).frames));
  decoded.decoded = 1;
  Tensor frames = RecogniserDataset(decoded, &grey).frames(0, 4).frames, clip = RecogniserDataset(decoded, &grey).clip(0).frames;
  EXPECT_LT(frames.std({2, 3}, false).max().item<float>(), .05);
  EXPECT_LT(clip.std({2, 3}, false).max().item<float>(), .05);
}

}  // namespace
}  // namespace zoetrope::evaluation
