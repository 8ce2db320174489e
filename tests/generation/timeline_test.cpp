#include "zoetrope/generation/timeline.h"

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

using testing::HasSubstr;
using Values = std::vector<float>;

constexpr int64_t side = 32;

/// A request for 17 frames, 5 latent ones, with an autoencoder of random weights and files to give it.
struct TimelineTest : testing::Test {
  TimelineTest() : weights(random_weights(1)), autoencoder(tensor::Weights(weights), test::tiny_autoencoder()) {
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
  /// White in the columns from `left` on; `grey` to its left.
  std::filesystem::path mask(int64_t left, int grey = 0) {
    std::filesystem::path path = folder / "mask.png";
    Tensor white = at::full({side, side, 3}, grey, at::kByte);
    white.narrow(1, left, side - left).fill_(255);
    media::write_image(path, white);
    return path;
  }
  Timeline build() { return build_timeline(request, autoencoder.geometry()); }
  Tensor passage(const Passage& passage) {
    std::vector<Tensor> frames;
    read_passage(passage, request, [&](const Tensor& frame) { frames.push_back(frame); });
    return at::stack(frames);
  }
  DenoiseMask encode() {
    int64_t t = autoencoder.geometry().latent_frames(request.frames), h = request.height / 8, w = request.width / 8;
    base::Observer silent;
    return encode_timeline(build(), autoencoder, std::vector<int64_t>{1, 4, t, h, w}, {t, h / 2, w / 2}, silent);
  }
  std::string refusal() {
    return complaint<base::UsageError>([&] { encode(); });
  }
  Tensor latents_of(const Tensor& frames) {
    at::NoGradGuard no_grad;
    return autoencoder.encode(autoencoder::to_model_range(frames));
  }
  /// The value of each latent frame, all of whose tokens are alike.
  Values values() {
    DenoiseMask mask = encode();
    Values values;
    for (int64_t i = 0; i < mask.values.size(0); ++i) {
      EXPECT_EQ(mask.values[i].min().item<float>(), mask.values[i].max().item<float>());
      values.push_back(mask.values[i][0][0].item<float>());
    }
    return values;
  }
  Tensor latent(int64_t start, int64_t count = 1) { return encode().latents.narrow(2, start, count); }
  /// The result of compositing over black.
  Tensor kept() {
    return build().composite(at::zeros({request.frames, request.height, request.width, 3}), 0).mul(255).round().to(at::kByte);
  }

  TemporaryFolder folder;
  tensor::TrainableWeights weights;
  autoencoder::native::Autoencoder autoencoder;
  Request request;
};

/// A clip of ours in which a label in the corner is shown for the first frames.
std::filesystem::path labelled_video(const std::filesystem::path& path, int64_t length, double seconds) {
  const std::string request =
      fmt::format(R"({{"schema":"zoetrope/request/2","marks":{{"label":{{"text":"AI","box":[16,20,16,12],"seconds":{}}}}}}})", seconds);
  media::write_clip(path, media::test::moving_clip(length, side, side), request);
  return path;
}

TEST_F(TimelineTest, WhatLiesUnderALabelOfOursMayChange) {
  request.conditions = {{.media = labelled_video(folder / "labelled.mp4", 9, /*seconds=*/.3)}};  // 4.8 frames at 16 a second
  const Timeline timeline = build();
  auto box = [&](int64_t frame) { return timeline.mask[frame].narrow(0, 20, 12).narrow(1, 16, 16); };
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE((box(i) == 1).all().item<bool>()) << i;
    EXPECT_EQ(timeline.mask[i].sum().item<float>(), 12 * 16) << i;
    EXPECT_EQ(timeline.denoise[i].item<float>(), 1) << i;
  }
  EXPECT_EQ(timeline.mask[5].sum().item<float>(), 0);
  Tensor generated = at::ones({1, side, side, 3});
  const Tensor made = timeline.composite(generated.clone(), 0)[0], given = timeline.frames[0].to(at::kFloat).div(255);
  EXPECT_TRUE(made.narrow(0, 20, 12).narrow(1, 16, 16).equal(generated[0].narrow(0, 20, 12).narrow(1, 16, 16)));
  EXPECT_TRUE(made.narrow(1, 0, 16).equal(given.narrow(1, 0, 16)));
}

TEST_F(TimelineTest, TellsHowMuchOfAPixelIsGenerated) {
  request.conditions = {{.media = video(5), .denoise = 1, .mask = mask(24)}};
  const Tensor generated = build().generated(0, 17);
  EXPECT_EQ(generated.sizes(), (std::vector<int64_t>{17, side, side}));
  EXPECT_EQ(generated[0].narrow(1, 0, 24).sum().item<float>(), 0);
  EXPECT_TRUE((generated[4].narrow(1, 24, 8) == 1).all().item<bool>());
  EXPECT_TRUE((generated.narrow(0, 5, 12) == 1).all().item<bool>());  // nothing is given there
}

TEST_F(TimelineTest, NothingIsKnownWithoutConditions) {
  EXPECT_EQ(values(), Values({1, 1, 1, 1, 1}));
  EXPECT_EQ(kept().max().item<int>(), 0);
}

TEST_F(TimelineTest, AFirstImageIsTheFirstLatentFrame) {
  request.conditions = {{.media = image()}};
  Tensor frames = media::read_clip(image()).frames;
  EXPECT_EQ(values(), Values({0, 1, 1, 1, 1}));
  EXPECT_TRUE(kept().narrow(0, 0, 1).equal(frames));
  EXPECT_EQ(kept().narrow(0, 1, 16).max().item<int>(), 0);
  EXPECT_TRUE(latent(0).equal(latents_of(frames)));
}

TEST_F(TimelineTest, ALaterImageStandsForItsGroupAndIsKeptInItsFrameAlone) {
  request.conditions = {{.media = image(), .frame_index = 6}};
  Tensor frames = media::read_clip(image()).frames;
  EXPECT_EQ(values(), Values({1, 1, 0, 1, 1}));
  EXPECT_TRUE(kept().narrow(0, 6, 1).equal(frames));
  EXPECT_EQ(kept()[5].max().item<int>(), 0);
  EXPECT_TRUE(latent(2).equal(latents_of(frames.expand({5, -1, -1, -1})).narrow(2, 1, 1)));
}

TEST_F(TimelineTest, TwoImagesOfOneGroupAreBothInIt) {
  request.conditions = {{.media = image(0), .frame_index = 6}, {.media = image(3), .frame_index = 8}};
  EXPECT_EQ(values(), Values({1, 1, 0, 1, 1}));
  EXPECT_TRUE(kept()[6].equal(media::read_clip(image(0)).frames[0]));
  EXPECT_TRUE(kept()[8].equal(media::read_clip(image(3)).frames[0]));
}

TEST_F(TimelineTest, PicturesAreBroughtToTheSizeOfTheClip) {
  request.conditions = {{.media = image(0, 60, 48)}};
  EXPECT_TRUE(kept().narrow(0, 0, 1).equal(media::fit(media::read_clip(image(0, 60, 48)).frames, side, side)));
}

TEST_F(TimelineTest, DenoiseIsTheValueOfTheTokensAndThenNoPixelsAreKept) {
  request.conditions = {{.media = image(), .denoise = 0.5}};
  EXPECT_EQ(values(), Values({0.5, 1, 1, 1, 1}));
  EXPECT_EQ(kept().max().item<int>(), 0);
}

TEST_F(TimelineTest, FramesBeforeTheBeginningAndBeyondTheEndArePartOfTheResult) {
  Tensor frames = media::read_clip(video(20)).frames;
  request.conditions = {{.media = video(20), .frame_index = -11}};
  EXPECT_EQ(values(), Values({0, 0, 0, 1, 1}));
  EXPECT_TRUE(kept().narrow(0, 0, 9).equal(frames.narrow(0, 11, 9)));
  EXPECT_TRUE(passage(build().before).equal(frames.narrow(0, 0, 11)));
  EXPECT_EQ(build().after.end, 0);
  EXPECT_TRUE(latent(0, 3).equal(latents_of(frames.narrow(0, 11, 9))));
  request.conditions = {{.media = video(20), .frame_index = 9}};
  EXPECT_EQ(values(), Values({1, 1, 1, 0, 0}));
  EXPECT_TRUE(kept().narrow(0, 9, 8).equal(frames.narrow(0, 0, 8)));
  EXPECT_TRUE(passage(build().after).equal(frames.narrow(0, 8, 12)));
  EXPECT_EQ(build().before.end, 0);
  Tensor behind_first = at::cat({frames.narrow(0, 0, 1), frames.narrow(0, 0, 8)});
  EXPECT_TRUE(latent(3, 2).equal(latents_of(behind_first).narrow(2, 1, 2)));
}

TEST_F(TimelineTest, AVideoOfAnotherRateIsSeenAtTheRateOfTheNewClip) {
  std::filesystem::path path = folder / "fast.mp4";
  media::write_clip(path, media::test::moving_clip(40, side, side, {32, 1}));
  request.conditions = {{.media = path, .frame_index = -11}};
  Tensor frames = media::read_clip(path).frames.slice(0, 1, 40, 2);  // of every two the one that is shown in the middle
  EXPECT_TRUE(kept().narrow(0, 0, 9).equal(frames.narrow(0, 11, 9)));
  EXPECT_TRUE(passage(build().before).equal(frames.narrow(0, 0, 11)));
}

TEST_F(TimelineTest, AVideoInTheMiddleIsCutToWholeGroups) {
  request.conditions = {{.media = video(11), .frame_index = 3}};
  EXPECT_EQ(values(), Values({1, 1, 0, 0, 1}));  // frames 5 to 12
  Tensor frames = media::read_clip(video(11)).frames;
  EXPECT_TRUE(kept().narrow(0, 5, 8).equal(frames.narrow(0, 2, 8)));
  EXPECT_EQ(kept()[4].max().item<int>() + kept()[13].max().item<int>(), 0);
}

TEST_F(TimelineTest, AMaskFreesTheTokensThatItTouches) {
  request.conditions = {{.media = video(17), .denoise = 1, .mask = mask(20)}};  // tokens are 16 pixels wide
  Tensor frames = media::read_clip(video(17)).frames;
  DenoiseMask encoded = encode();
  EXPECT_EQ(encoded.values.select(2, 0).max().item<float>(), 0);
  EXPECT_EQ(encoded.values.select(2, 1).min().item<float>(), 1);
  EXPECT_TRUE(encoded.latents.equal(latents_of(frames)));
  Tensor result = kept();
  EXPECT_TRUE(result.narrow(2, 0, 20).equal(frames.narrow(2, 0, 20))) << "within a free token, too";
  EXPECT_EQ(result.narrow(2, 20, 12).max().item<int>(), 0);
}

TEST_F(TimelineTest, ASoftMaskBlendsAndItsTokensArePartlyNoised) {
  request.conditions = {{.media = video(17), .denoise = .5, .mask = mask(16, 51)}};
  DenoiseMask encoded = encode();
  EXPECT_FLOAT_EQ(encoded.values[0][0][0].item<float>(), .1);
  EXPECT_FLOAT_EQ(encoded.values[0][0][1].item<float>(), .5);
  Tensor frames = media::read_clip(video(17)).frames.to(at::kFloat);
  EXPECT_LE((kept().to(at::kFloat) - .8 * frames).narrow(2, 0, 16).abs().max().item<float>(), .51);
}

TEST_F(TimelineTest, AMaskMayMoveAndKeepsItsLastFrame) {
  std::filesystem::path path = folder / "mask.webp";
  Tensor moving = at::zeros({2, side, side, 3}, at::kByte);
  moving[1].narrow(1, 16, 16).fill_(255);
  media::write_clip(path, {moving, request.fps});
  request.conditions = {{.media = video(17), .denoise = 1, .mask = path}};
  DenoiseMask encoded = encode();
  EXPECT_EQ(encoded.values[0].max().item<float>(), 0);
  EXPECT_EQ(encoded.values[4].select(1, 0).max().item<float>(), 0);
  EXPECT_EQ(encoded.values[4].select(1, 1).min().item<float>(), 1);
}

TEST_F(TimelineTest, AnImageIsHeldWhereTheMaskLeavesIt) {
  request.conditions = {{.media = image(), .denoise = 1, .mask = mask(16), .hold = 17}};
  Tensor still = media::read_clip(image()).frames, result = kept();
  for (int64_t i = 0; i < 17; ++i) EXPECT_TRUE(result[i].narrow(1, 0, 16).equal(still[0].narrow(1, 0, 16)));
  EXPECT_TRUE(encode().latents.equal(latents_of(still.expand({17, -1, -1, -1}))));
}

TEST_F(TimelineTest, APictureOnALargerCanvasIsContinuedByItsEdges) {
  request.width = 64;
  request.conditions = {{.media = image(), .denoise = 1, .place = Place{16, 0, 32, 32}}};
  request.frames = 1;
  Timeline timeline = build();
  Tensor still = media::read_clip(image()).frames[0];
  EXPECT_TRUE(timeline.frames[0].narrow(1, 16, 32).equal(still));
  EXPECT_TRUE(timeline.frames[0].narrow(1, 0, 16).equal(still.narrow(1, 0, 1).expand({-1, 16, -1})));
  EXPECT_TRUE(timeline.frames[0].narrow(1, 48, 16).equal(still.narrow(1, 31, 1).expand({-1, 16, -1})));
  DenoiseMask encoded = encode();
  EXPECT_EQ(encoded.values[0].narrow(1, 1, 2).max().item<float>(), 0);
  EXPECT_EQ(encoded.values[0].select(1, 0).min().item<float>() + encoded.values[0].select(1, 3).min().item<float>(), 2);
  EXPECT_TRUE(kept()[0].narrow(1, 16, 32).equal(still));
}

TEST_F(TimelineTest, WhatCannotBePlacedIsASentence) {
  request.conditions = {{.media = video(20)}};
  EXPECT_THAT(refusal(), HasSubstr("frames must be more than 17"));
  request.conditions = {{.media = image(), .frame_index = 17}};
  EXPECT_THAT(refusal(), HasSubstr("stands at frames 17 to 17, but the clip has the frames 0 to 16"));
  request.conditions = {{.media = image(), .frame_index = -1}};
  EXPECT_THAT(refusal(), HasSubstr("stands at frames -1 to -1"));
  request.conditions = {{.media = video(3), .frame_index = 5}};
  EXPECT_THAT(refusal(), HasSubstr("is too short: from frame 5 on it fills no group of 4 frames"));
  request.conditions = {{.media = image(0)}, {.media = image(1)}};
  EXPECT_THAT(refusal(), HasSubstr("image-1.png' covers frames that are already given"));
  request.conditions = {{.media = folder / "missing.png"}};
  EXPECT_THROW(encode(), base::Error);
}

}  // namespace
}  // namespace zoetrope::generation
