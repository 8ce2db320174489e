#include "zoetrope/media/video_writer.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::media {
namespace {

using namespace test;

struct CostEstimate {
  const char* suffix;
  double decibels;
};

class EveryVideoFormat : public testing::TestWithParam<CostEstimate> {
 protected:
  TemporaryFolder folder;
  std::filesystem::path file(const std::string& name = "clip") const { return folder / (name + GetParam().suffix); }
  bool even_only() const { return std::string(".mp4.mov.mkv").find(file().extension()) != std::string::npos; }
};

TEST_P(EveryVideoFormat, GivesBackFramesOfAnySizeAndTheirRate) {
  for (auto [height, width] : {std::pair{48, 64}, {49, 67}, {1, 1}, {130, 17}}) {
    Clip clip = moving_clip(9, height, width);
    write_clip(file(), clip);
    Clip back = read_clip(file());
    EXPECT_EQ(back.fps, clip.fps);
    EXPECT_EQ(back.length(), 9);
    EXPECT_EQ(back.height(), even_only() ? height + height % 2 : height);
    EXPECT_EQ(back.width(), even_only() ? width + width % 2 : width);
    EXPECT_GT(psnr(clip.frames, back.frames.narrow(1, 0, height).narrow(2, 0, width)), GetParam().decibels) << height << "x" << width;
  }
}

TEST_P(EveryVideoFormat, KeepsTheRatesOfFilm) {
  for (Rational fps : {Rational{30000, 1001}, {24, 1}, {25, 2}, {8, 1}}) {
    write_clip(file(), moving_clip(40, 16, 16, fps));
    Clip back = read_clip(file());
    EXPECT_EQ(back.length(), 40);
    bool counts_hundredths = file().extension() == ".gif";
    EXPECT_NEAR(back.fps.value(), fps.value(), counts_hundredths ? 0.04 : 1e-9);
    Probe found = probe(file());
    EXPECT_EQ(found.frames, 40);
    EXPECT_EQ(found.fps, back.fps);
    EXPECT_EQ(found.width, 16);
  }
}

TEST_P(EveryVideoFormat, KeepsPureColours) {
  for (std::vector<int> colour :
       {std::vector{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 0}, {255, 255, 0}, {30, 200, 120}}) {
    Tensor frames = at::tensor(colour).to(at::kByte).expand({3, 34, 50, 3}).contiguous();
    write_clip(file(), {frames, {16, 1}});
    int worst = (read_clip(file()).frames.to(at::kInt) - frames.to(at::kInt)).abs().max().item<int>();
    EXPECT_LE(worst, 3) << fmt::format("{}", fmt::join(colour, ","));
  }
}

TEST_P(EveryVideoFormat, CarriesTheRequest) {
  write_clip(file(), moving_clip(3, 32, 32), long_request());
  EXPECT_EQ(read_metadata(file()), long_request());
  EXPECT_EQ(read_clip(file()).length(), 3);
  write_clip(file("bare"), moving_clip(3, 32, 32));
  EXPECT_EQ(read_metadata(file("bare")), std::nullopt);
}

TEST_P(EveryVideoFormat, IsTheSameBytesEveryTimeHoweverTheFramesCome) {
  Clip clip = moving_clip(12, 64, 96);
  write_clip(file("one"), clip, "{}");
  std::string one = bytes_of(file("one"));
  for (int step : {1, 5, 12, 7, 3, 12}) {  // several times: what hangs on stale memory or on threads shows only now and then
    auto writer = open_writer(file("two"), 96, 64, clip.fps, "{}");
    for (int64_t i = 0; i < 12; i += step) writer->write(clip.frames.slice(0, i, i + step));
    writer->finish();
    EXPECT_TRUE(bytes_of(file("two")) == one) << step;
  }
}

TEST_P(EveryVideoFormat, LeavesNothingWhenItIsNotFinished) {
  {
    auto writer = open_writer(file(), 32, 32, {16, 1});
    writer->write(moving_clip(5, 32, 32).frames);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
  write_clip(file(), moving_clip(2, 32, 32));
  std::string before = bytes_of(file());
  open_writer(file(), 32, 32, {16, 1})->write(moving_clip(5, 32, 32).frames);
  EXPECT_EQ(bytes_of(file()), before);
}

TEST_P(EveryVideoFormat, RefusesWhatItCannotWrite) {
  EXPECT_THROW(open_writer(file(), 0, 32, {16, 1}), base::UsageError);
  EXPECT_THROW(open_writer(file(), 32, 20000, {16, 1}), base::UsageError);
  EXPECT_THROW(open_writer(file(), 32, 32, {0, 1}), base::UsageError);
  EXPECT_THROW(open_writer(file(), 32, 32, {16, 1}, std::string("a\0b", 3)), base::UsageError);
  auto writer = open_writer(file(), 32, 32, {16, 1});
  EXPECT_THROW(writer->finish(), base::Error);
  EXPECT_THROW(writer->write(moving_clip(2, 32, 34).frames), base::Error);
  EXPECT_THROW(writer->write(moving_clip(2, 32, 32).frames.to(at::kFloat)), base::Error);
}

INSTANTIATE_TEST_SUITE_P(Suffix, EveryVideoFormat,
                         testing::Values(CostEstimate{".mp4", 35}, CostEstimate{".mov", 35}, CostEstimate{".mkv", 35},
                                         CostEstimate{".webm", 36}, CostEstimate{".gif", 28}, CostEstimate{".webp", 36}),
                         [](const auto& info) { return std::string(info.param.suffix + 1); });

TEST(VideoWriter, NamesTheSuffixItDoesNotKnow) {
  EXPECT_TRUE(is_video_path("a.MP4"));
  EXPECT_FALSE(is_video_path("a.png"));
  EXPECT_THROW(open_writer("clip.xyz", 32, 32, {16, 1}), base::UsageError);
}

TEST(VideoWriter, RefusesAGifThatPlayersWouldSlowDown) {
  TemporaryFolder folder;
  EXPECT_THROW(open_writer(folder / "fast.gif", 32, 32, {60, 1}), base::UsageError);
}

TEST(VideoWriter, TakesNamesThatLookLikeSomethingElse) {
  TemporaryFolder folder;
  for (std::string name : {"http:a %03d \"b\".mp4", "-i.webm", "球.gif"}) {
    write_clip(folder / name, moving_clip(2, 16, 16), "{}");
    EXPECT_EQ(read_clip(folder / name).length(), 2) << name;
    EXPECT_EQ(read_metadata(folder / name), "{}");
  }
}

}  // namespace
}  // namespace zoetrope::media
