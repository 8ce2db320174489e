#include "zoetrope/generation/conditions.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::generation {
namespace {

constexpr int64_t side = 32;

/// A request for 17 frames, 5 latent ones, with an autoencoder of random weights and files to give it.
struct ConditionsTest : testing::Test {
  ConditionsTest() : weights(random_weights(1)), autoencoder(tensor::Weights(weights), test::tiny_autoencoder()) {
    request.width = request.height = side;
    request.frames = 17;
  }
  std::filesystem::path image(int64_t seed = 0, int64_t height = side, int64_t width = side) {
    std::filesystem::path path = folder / fmt::format("image-{}.png", seed);
    media::write_image(path, media::test::moving_clip(seed + 1, height, width).frames[seed]);
    return path;
  }
  std::filesystem::path video(int64_t length) {
    std::filesystem::path path = folder / "video.mp4";
    media::write_clip(path, media::test::moving_clip(length, side, side));
    return path;
  }
  EncodedConditions place() {
    int64_t t = autoencoder.geometry().latent_frames(request.frames);
    return encode_conditions(request, autoencoder, std::vector<int64_t>{1, 4, t, side / 8, side / 8}, {t, side / 16, side / 16});
  }
  std::string refusal() {
    return complaint<base::UsageError>([&] { place(); });
  }
  Tensor encode(const Tensor& frames) {
    at::NoGradGuard no_grad;
    return autoencoder.encode(autoencoder::to_model_range(frames));
  }
  /// The mask of each latent frame, all of whose tokens are alike.
  static std::vector<float> values(const EncodedConditions& encoded) {
    std::vector<float> values;
    for (int64_t i = 0; i < encoded.mask.values.size(0); ++i) {
      EXPECT_EQ(encoded.mask.values[i].min().item<float>(), encoded.mask.values[i].max().item<float>());
      values.push_back(encoded.mask.values[i][0][0].item<float>());
    }
    return values;
  }
  static Tensor latent(const EncodedConditions& encoded, int64_t start, int64_t count = 1) {
    return encoded.mask.latents.narrow(2, start, count);
  }

  TemporaryFolder folder;
  tensor::TrainableWeights weights;
  autoencoder::native::Autoencoder autoencoder;
  Request request;
};

using Values = std::vector<float>;

TEST_F(ConditionsTest, NothingIsKnownWithoutAny) {
  EncodedConditions encoded = place();
  EXPECT_EQ(values(encoded), Values({1, 1, 1, 1, 1}));
  EXPECT_TRUE(encoded.pixel_conditions.empty());
}

TEST_F(ConditionsTest, AFirstImageIsTheFirstLatentFrame) {
  request.conditions = {{image(), {}}};
  EncodedConditions encoded = place();
  Tensor frames = media::read_clip(image()).frames;
  EXPECT_EQ(values(encoded), Values({0, 1, 1, 1, 1}));
  ASSERT_EQ(encoded.pixel_conditions.size(), 1u);
  EXPECT_EQ(encoded.pixel_conditions[0].start, 0);
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(frames));
  EXPECT_TRUE(latent(encoded, 0).equal(encode(frames)));
}

TEST_F(ConditionsTest, ALastImageStandsForTheLastGroupAndIsGivenInItsLastFrame) {
  request.conditions = {{image(), {}, -1}};
  EncodedConditions encoded = place();
  Tensor frames = media::read_clip(image()).frames;
  EXPECT_EQ(values(encoded), Values({1, 1, 1, 1, 0}));
  ASSERT_EQ(encoded.pixel_conditions.size(), 1u);
  EXPECT_EQ(encoded.pixel_conditions[0].start, 16);
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(frames));
  EXPECT_TRUE(latent(encoded, 4).equal(encode(frames.expand({5, -1, -1, -1})).narrow(2, 1, 1)));
}

TEST_F(ConditionsTest, FirstAndLastImageGoTogether) {
  request.conditions = {{image(0), {}}, {image(3), {}, -1}};
  EncodedConditions encoded = place();
  EXPECT_EQ(values(encoded), Values({0, 1, 1, 1, 0}));
  EXPECT_EQ(encoded.pixel_conditions.size(), 2u);
}

TEST_F(ConditionsTest, PicturesAreBroughtToTheSizeOfTheClip) {
  request.conditions = {{image(0, 60, 48), {}}};
  Tensor given = place().pixel_conditions.at(0).frames;
  EXPECT_TRUE(given.equal(media::fit(media::read_clip(image(0, 60, 48)).frames, side, side)));
}

TEST_F(ConditionsTest, DenoiseIsTheMaskAndThenNoPixelsAreGiven) {
  request.conditions = {{image(), {}, 0, 0.5}};
  EncodedConditions encoded = place();
  EXPECT_EQ(values(encoded), Values({0.5, 1, 1, 1, 1}));
  EXPECT_TRUE(encoded.pixel_conditions.empty());
}

TEST_F(ConditionsTest, AVideoIsExtendedFromItsTailWhichBeginsTheNewClip) {
  request.extend = Extend::after;
  request.conditions = {{video(20), {}}};
  EncodedConditions encoded = place();
  Tensor frames = media::read_clip(video(20)).frames;
  EXPECT_EQ(values(encoded), Values({0, 0, 0, 1, 1}));  // 9 frames are half of the clip
  ASSERT_EQ(encoded.pixel_conditions.size(), 1u);
  EXPECT_EQ(encoded.pixel_conditions[0].start, 0);
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(frames.narrow(0, 11, 9)));
  EXPECT_TRUE(encoded.before.equal(frames.narrow(0, 0, 11)));
  EXPECT_FALSE(encoded.after.defined());
  EXPECT_TRUE(latent(encoded, 0, 3).equal(encode(frames.narrow(0, 11, 9))));
}

TEST_F(ConditionsTest, AVideoOfAnotherRateIsSeenAtTheRateOfTheNewClip) {
  std::filesystem::path path = folder / "fast.mp4";
  media::write_clip(path, media::test::moving_clip(40, side, side, {32, 1}));
  request.extend = Extend::after;
  request.conditions = {{path, {}}};
  EncodedConditions encoded = place();
  Tensor frames = media::read_clip(path).frames.slice(0, 1, 40, 2);  // of every two the one that is shown in the middle
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(frames.narrow(0, 11, 9)));
  EXPECT_TRUE(encoded.before.equal(frames.narrow(0, 0, 11)));
}

TEST_F(ConditionsTest, AVideoIsExtendedBackwardsFromItsHeadWhichEndsTheNewClip) {
  request.extend = Extend::before;
  request.conditions = {{video(20), {}}};
  EncodedConditions encoded = place();
  Tensor frames = media::read_clip(video(20)).frames;
  EXPECT_EQ(values(encoded), Values({1, 1, 1, 0, 0}));
  ASSERT_EQ(encoded.pixel_conditions.size(), 1u);
  EXPECT_EQ(encoded.pixel_conditions[0].start, 9);
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(frames.narrow(0, 0, 8)));
  EXPECT_TRUE(encoded.after.equal(frames.narrow(0, 8, 12)));
  EXPECT_FALSE(encoded.before.defined());
  Tensor behind_first = at::cat({frames.narrow(0, 0, 1), frames.narrow(0, 0, 8)});
  EXPECT_TRUE(latent(encoded, 3, 2).equal(encode(behind_first).narrow(2, 1, 2)));
}

TEST_F(ConditionsTest, AShortVideoIsExtendedByWhatItHas) {
  request.extend = Extend::after;
  request.conditions = {{video(3), {}}};
  EncodedConditions encoded = place();
  EXPECT_EQ(values(encoded), Values({0, 1, 1, 1, 1}));
  EXPECT_EQ(encoded.before.size(0), 2);
  request.frames = 5;  // half of it would be less than a group
  request.extend = Extend::before;
  request.conditions = {{video(20), {}}};
  encoded = place();
  EXPECT_EQ(values(encoded), Values({1, 0}));
  EXPECT_EQ(encoded.after.size(0), 16);
}

TEST_F(ConditionsTest, AnExtendedVideoCanBeLedToAnImage) {
  request.extend = Extend::after;
  request.conditions = {{video(5), {}}, {image(), {}, -1}};
  EXPECT_EQ(values(place()), Values({0, 0, 1, 1, 0}));
}

TEST_F(ConditionsTest, AVideoInTheMiddleIsCutToWholeGroups) {
  request.conditions = {{video(11), {}, 3}};
  EncodedConditions encoded = place();
  EXPECT_EQ(values(encoded), Values({1, 1, 0, 0, 1}));  // frames 5 to 12
  ASSERT_EQ(encoded.pixel_conditions.size(), 1u);
  EXPECT_EQ(encoded.pixel_conditions[0].start, 5);
  EXPECT_TRUE(encoded.pixel_conditions[0].frames.equal(media::read_clip(video(11)).frames.narrow(0, 2, 8)));
}

TEST_F(ConditionsTest, WhatCannotBePlacedIsASentence) {
  using testing::HasSubstr;
  request.conditions = {{video(20), {}}};
  EXPECT_THAT(refusal(), HasSubstr("frames must be more than 17"));
  request.conditions = {{image(), {}, 17}};
  EXPECT_THAT(refusal(), HasSubstr("starts at frame 17, but the clip has 17 frames"));
  request.conditions = {{image(), {}, -18}};
  EXPECT_THAT(refusal(), HasSubstr("starts at frame -1"));
  request.conditions = {{video(3), {}, 5}};
  EXPECT_THAT(refusal(), HasSubstr("is too short: from frame 5 it needs 4 frames, it has 3"));
  request.conditions = {{image(0), {}}, {image(1), {}}};
  EXPECT_THAT(refusal(), HasSubstr("image-1.png' covers frames that are already given"));
  request.conditions = {{folder / "missing.png", {}}};
  EXPECT_THROW(place(), base::Error);
}

TEST_F(ConditionsTest, WhatCannotBeExtendedIsASentence) {
  using testing::HasSubstr;
  request.extend = Extend::before;
  request.conditions = {{video(2), {}}};
  EXPECT_THAT(refusal(), HasSubstr("has 2 frames; extending it before its beginning needs at least 4"));
  request.frames = 1;
  request.conditions = {{video(20), {}}};
  EXPECT_THAT(refusal(), HasSubstr("frames must be more than 1"));
  request.extend = Extend::after;
  EXPECT_THAT(refusal(), HasSubstr("frames must be more than 1"));
}

TEST_F(ConditionsTest, HashesTellAnotherFile) {
  request.conditions = {{image(0), {}}};
  hash_media(request);
  EXPECT_EQ(request.conditions[0].sha256.size(), 64u);
  hash_media(request);  // still the same
  std::filesystem::rename(image(1), request.conditions[0].media);
  EXPECT_THROW(hash_media(request), base::UsageError);
  std::filesystem::remove(request.conditions[0].media);
  EXPECT_THROW(hash_media(request), base::UsageError);
}

}  // namespace
}  // namespace zoetrope::generation
