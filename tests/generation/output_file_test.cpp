#include "zoetrope/generation/output_file.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/media/tone.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

const std::string request = R"({"prompt": "a <red> ball 红色的球"})";
constexpr OutputShape shape{48, 32, {8, 1}};

Tensor frames(int64_t count) { return media::test::moving_clip(count, shape.height, shape.width).frames.to(at::kFloat).div(255); }

/// Writes `count` frames chunk by chunk, as they are decoded.
void write(FrameSink& sink, int64_t count) {
  sink.latents(at::arange(24).to(at::kFloat).view({2, 3, 2, 2}));
  Tensor all = frames(count);
  for (int64_t start = 0; start < count; start += start == 0 ? 1 : 4) sink.frames(all.narrow(0, start, start == 0 ? 1 : 4));
}

class EverySuffix : public testing::TestWithParam<std::string> {
 protected:
  TemporaryFolder folder;
  std::filesystem::path path = folder / ("clip" + GetParam());
};

TEST_P(EverySuffix, AppearsWholeAtTheEndAndCarriesTheRequest) {
  auto sink = open_output(path, shape, request);
  write(*sink, 9);
  EXPECT_FALSE(std::filesystem::exists(path));
  sink->finish();
  EXPECT_EQ(read_carried_request(path), request);
  sink.reset();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 1);
}

TEST_P(EverySuffix, LeavesNothingWhenItIsNotFinished) {
  auto sink = open_output(path, shape, request);
  write(*sink, 9);
  sink.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

TEST_P(EverySuffix, RefusesAtOnceWhereNothingCanBeWritten) {
  base::write_file(folder / "file", "");
  EXPECT_THROW(open_output(folder / "file" / path.filename(), shape, request), base::Error);
  std::filesystem::create_directories(path);
  EXPECT_THROW(open_output(path, shape, request), base::Error);
}

TEST_P(EverySuffix, IsKnownAsOursByWhatItCarries) {
  auto sink = open_output(path, shape, request);
  write(*sink, 1);
  sink->finish();
  EXPECT_TRUE(is_own_file(path));
  base::write_file(path, "a person's");
  EXPECT_FALSE(is_own_file(path));
  EXPECT_FALSE(is_own_file(folder / "none"));
}

INSTANTIATE_TEST_SUITE_P(OutputFile, EverySuffix,
                         testing::Values(".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png", ".jpg", ".safetensors"),
                         [](const auto& info) { return info.param.substr(1); });

TEST(Sounds, StandWhereTheirVideosStandInTheResult) {
  TemporaryFolder folder;
  media::test::write_tone(folder / "tone.m4a", "aac", .5);
  media::write_clip(folder / "silent.mp4", media::test::moving_clip(9, 32, 48));
  auto writer = media::open_writer(folder / "loud.mp4", 48, 32, {16, 1}, "", {{folder / "tone.m4a"}});
  writer->write(media::test::moving_clip(9, 32, 48).frames);
  writer->finish();
  Request r;
  r.fps = {16, 1};
  r.conditions = {{.media = folder / "silent.mp4", .frame_index = -8}, {.media = folder / "loud.mp4", .frame_index = 4}};
  ASSERT_EQ(sounds_of(r).size(), 1u);
  EXPECT_EQ(sounds_of(r)[0].file, folder / "loud.mp4");
  EXPECT_EQ(sounds_of(r)[0].begin, .75);
  EXPECT_EQ(sound_notices("a.mp4", r).at(0).text, "the sound of 'loud.mp4' is kept");
  EXPECT_TRUE(sound_notices("a.gif", r).at(0).is_warning);
  r.sound = false;
  EXPECT_TRUE(sounds_of(r).empty());
  EXPECT_TRUE(sound_notices("a.mp4", r).empty());
}

class EveryVideoSuffix : public EverySuffix {};

TEST_P(EveryVideoSuffix, HoldsTheFrames) {
  auto sink = open_output(path, shape, request);
  write(*sink, 9);
  sink->finish();
  media::Clip clip = media::read_clip(path);
  EXPECT_EQ(clip.frames.sizes(), (std::vector<int64_t>{9, 32, 48, 3}));
  EXPECT_NEAR(clip.fps.value(), 8, 0.01);
  EXPECT_GT(media::test::psnr(clip.frames, frames(9).mul(255)), 25);
}

INSTANTIATE_TEST_SUITE_P(OutputFile, EveryVideoSuffix, testing::Values(".mp4", ".webm", ".gif", ".webp"),
                         [](const auto& info) { return info.param.substr(1); });

TEST(OutputFile, AnImageOfOneFrameIsTheFrame) {
  TemporaryFolder folder;
  auto sink = open_output(folder / "image.png", shape, request);
  write(*sink, 1);
  sink->finish();
  EXPECT_TRUE(media::read_clip(folder / "image.png").frames.equal(frames(1).mul(255).round().to(at::kByte)));
}

TEST(OutputFile, AnImageOfMoreIsAContactSheet) {
  TemporaryFolder folder;
  auto sink = open_output(folder / "sheet.png", shape, request);
  write(*sink, 9);
  sink->finish();
  media::Probe sheet = media::probe(folder / "sheet.png");
  EXPECT_GE(sheet.width, 4 * shape.width);
  EXPECT_GE(sheet.height, 2 * shape.height);
}

TEST(OutputFile, TensorsAreFramesAndLatentsBitForBit) {
  TemporaryFolder folder;
  auto sink = open_output(folder / "clip.safetensors", shape, request);
  write(*sink, 5);
  sink->finish();
  tensor::SafetensorsFile file(folder / "clip.safetensors");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"frames", "latents"}));
  EXPECT_TRUE(file.tensor("frames").equal(frames(5)));
  EXPECT_TRUE(file.tensor("latents").equal(at::arange(24).to(at::kFloat).view({2, 3, 2, 2})));
}

TEST(OutputFile, RefusesSuffixesThatItDoesNotKnow) {
  for (const char* name : {"clip", "clip.avi", "clip.mp4.part", ".mp4"}) EXPECT_THROW(check_output(name), base::UsageError) << name;
  EXPECT_NO_THROW(check_output("CLIP.MP4"));
}

}  // namespace
}  // namespace zoetrope::generation
