#include "zoetrope/media/metadata.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {
namespace {

using namespace test;

class EveryFormat : public testing::TestWithParam<const char*> {
 protected:
  TemporaryFolder folder;
  std::filesystem::path write(const Metadata& request) const {
    std::filesystem::path path = folder / (std::string("a") + GetParam());
    Clip clip = moving_clip(3, 24, 32);
    is_image_path(path) ? write_image(path, clip.frames[0], request) : write_clip(path, clip, request);
    return path;
  }
};

TEST_P(EveryFormat, IsKnownByItsBytesNotItsName) {
  std::filesystem::path path = write(std::string("{\"seed\":7}"));
  std::filesystem::rename(path, folder / "renamed.bin");
  EXPECT_EQ(read_metadata(folder / "renamed.bin"), "{\"seed\":7}");
  EXPECT_GE(read_clip(folder / "renamed.bin").length(), 1);
}

TEST_P(EveryFormat, CarriesTheRequestTwiceAndTheLabel) {
  const std::string request = R"({"schema":"zoetrope/request/2","prompt":"红 & <b>"})", aigc = R"({"Label":"1"})";
  const CarriedMetadata found = read_carried_metadata(write({request, aigc}));
  EXPECT_EQ(found.request, request);
  EXPECT_EQ(found.comment, request);
  EXPECT_EQ(found.aigc, GetParam() == std::string(".gif") ? std::nullopt : std::optional(aigc));
  EXPECT_EQ(read_carried_metadata(write({})).request, std::nullopt);
}

// Flipped, overwritten, cut and doubled bytes: every answer is a text, nothing, or an error with a sentence; never a crash.
TEST_P(EveryFormat, SurvivesDamage) {
  std::string whole = bytes_of(write({"{\"prompt\":\"a red ball\"}", "{\"Label\":\"1\"}"}));
  std::filesystem::path path = folder / (std::string("damaged") + GetParam());
  std::mt19937 random(std::hash<std::string>()(GetParam()) % 1000);
  auto any = [&](size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random); };
  ReadLimits small{.pixels = 1 << 20, .frames = 100, .seconds = 100, .clip_bytes = 1 << 24};
  for (int i = 0; i < 60; ++i) {
    std::string bytes = whole;
    for (size_t flips = any(6); flips > 0; --flips)
      bytes[any(std::min<size_t>(bytes.size(), i % 2 ? 400 : bytes.size()))] = static_cast<char>(any(256));
    if (i % 3 == 0) bytes.resize(any(bytes.size()));
    if (i % 5 == 0) bytes.insert(any(bytes.size() + 1), whole.substr(any(whole.size()), 64));
    put_bytes(path, bytes);
    EXPECT_NO_THROW(read_metadata(path)) << i;
    try {
      Clip clip = read_clip(path, small);
      EXPECT_GE(clip.length(), 1);
      probe(path, small);
    } catch (const base::Error& error) {
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Suffix, EveryFormat, testing::Values(".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png", ".jpg"),
                         [](const auto& info) { return std::string(info.param + 1); });

TEST(Metadata, OfOtherFilesIsNothing) {
  TemporaryFolder folder;
  for (std::string bytes : {"", "GIF", "plain text, long enough to be read as something", "RIFFxxxxWEBP", "\x89PNG"}) {
    put_bytes(folder / "a", bytes);
    EXPECT_EQ(read_metadata(folder / "a"), std::nullopt) << bytes;
  }
  EXPECT_THROW(read_metadata(folder / "missing"), base::Error);
  EXPECT_THROW(read_metadata(folder.path), base::Error);
}

}  // namespace
}  // namespace zoetrope::media
