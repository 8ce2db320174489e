#include "zoetrope/vision/recogniser/recogniser.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "tests/vision/tiny_recogniser.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::vision {
namespace {

Tensor clip(int64_t frames, int64_t height, int64_t width) {
  at::Generator generator = base::generator(3);
  return at::rand({frames, height, width, 3}, generator);
}

struct RecogniserTest : testing::Test {
  RecogniserConfig config = test::tiny_config();
  tensor::TensorMap weights{test::random_weights(config)};
  Recogniser recogniser{tensor::Weights(weights), config};
};

TEST_F(RecogniserTest, SeesProbabilities) {
  FramePredictions predictions = recogniser.classify_frames(clip(3, 96, 96));
  EXPECT_EQ(predictions.object.sizes(), at::IntArrayRef({3, 4}));  // one more for none of them
  for (const Tensor& p : {predictions.object, predictions.colour, predictions.scene, predictions.count}) {
    EXPECT_GE(p.min().item<float>(), 0);
    EXPECT_TRUE(at::allclose(p.sum(1), at::ones({3})));
  }
  EXPECT_GE(predictions.mask.min().item<float>(), 0);
  EXPECT_LE(predictions.mask.max().item<float>(), 1);
}

TEST_F(RecogniserTest, BringsTheShorterSideToOneSizeAndKeepsTheAspectRatio) {
  EXPECT_EQ(recogniser.classify_frames(clip(2, 48, 48)).mask.sizes(), at::IntArrayRef({2, 48, 48}));
  EXPECT_EQ(recogniser.classify_frames(clip(1, 64, 128)).mask.sizes(), at::IntArrayRef({1, 48, 96}));
  EXPECT_EQ(recogniser.classify_frames(clip(1, 320, 180)).mask.sizes(), at::IntArrayRef({1, 84, 48}));
}

TEST_F(RecogniserTest, FollowsAMotionThroughTwoFramesOrMore) {
  MotionPrediction action = recogniser.classify_motion(recogniser.classify_frames(clip(4, 96, 96)));
  EXPECT_EQ(action.motion.sizes(), at::IntArrayRef({3}));
  EXPECT_NEAR(action.motion.sum().item<float>(), 1, 1e-5);
  EXPECT_NEAR(action.direction.sum().item<float>(), 1, 1e-5);
  EXPECT_THROW(recogniser.classify_motion(recogniser.classify_frames(clip(1, 96, 96))), base::Error);
}

TEST_F(RecogniserTest, ComesBackFromItsFolderAsItWas) {
  TemporaryFolder folder;
  save_recogniser(folder / "recogniser", config, test::random_weights(config));
  Recogniser loaded = load_recogniser(folder / "recogniser", {});
  EXPECT_EQ(loaded.config().to_json(), config.to_json());
  FramePredictions saved = recogniser.classify_frames(clip(2, 96, 96)), found = loaded.classify_frames(clip(2, 96, 96));
  EXPECT_TRUE(found.object.equal(saved.object));
  EXPECT_TRUE(found.mask.equal(saved.mask));
  EXPECT_TRUE(loaded.classify_motion(found).motion.equal(recogniser.classify_motion(saved).motion));
}

TEST_F(RecogniserTest, RefusesWeightsOfOtherLists) {
  TemporaryFolder folder;
  RecogniserConfig other = config;
  other.objects.push_back("owl");
  save_recogniser(folder / "recogniser", other, test::random_weights(config));
  EXPECT_THAT([&] { load_recogniser(folder / "recogniser", {}); },
              testing::ThrowsMessage<base::Error>(testing::HasSubstr("frame.object.weight")));
}

TEST(RecogniserConfig, CountsNoneAmongTheObjectsAndBearsAWorldWithoutShapes) {
  RecogniserConfig config = test::tiny_config();
  EXPECT_EQ(config.frame_classes().objects, 4);
  EXPECT_EQ(config.frame_classes().scenes, 2);
  config.colours.clear();
  EXPECT_EQ(config.frame_classes().colours, 1);
}

TEST(RecogniserConfig, RefusesAnotherModelsConfiguration) {
  EXPECT_THAT(
      [] {
        RecogniserConfig::from_json({{"_class_name", "AutoencoderKL"}});
      },
      testing::ThrowsMessage<base::Error>(testing::HasSubstr("AutoencoderKL")));
}

}  // namespace
}  // namespace zoetrope::vision
