#include "zoetrope/serving/export.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::serving {
namespace {

struct ExportTest : testing::Test {
  ExportTest() {
    for (int64_t t = 0; t < 5; ++t) clip.frames[t].fill_(40 * t);
    media::write_clip(folder / "video.mp4", clip, request);
  }
  TemporaryFolder folder;
  media::Clip clip{at::zeros({5, 32, 48, 3}, at::kByte), {8, 1}};
  std::string request = R"({"prompt":"a grey wall"})";
};

TEST_F(ExportTest, HasTheFramesAndTheRequestOfTheClip) {
  for (const char* name : {"gif", "webp"}) {
    const std::filesystem::path file = exported(folder / "video.mp4", name);
    const media::Probe probe = media::probe(file);
    EXPECT_EQ(std::tuple(probe.width, probe.height, probe.frames), std::tuple(48, 32, 5)) << name;
    EXPECT_NEAR(probe.fps.value(), 8, .4) << name;
    EXPECT_EQ(media::read_metadata(file), request) << name;
  }
}

TEST_F(ExportTest, LastFrameIsTheLastOne) {
  const std::filesystem::path file = exported(folder / "video.mp4", "last_frame");
  EXPECT_NEAR(media::read_image(file).to(at::kFloat).mean().item<float>(), 160, 3);
  EXPECT_EQ(media::read_metadata(file), request);
}

TEST_F(ExportTest, IsMadeOnceAndWhole) {
  const std::filesystem::path file = exported(folder / "video.mp4", "frames");
  const auto written = std::filesystem::last_write_time(file);
  EXPECT_EQ(exported(folder / "video.mp4", "frames"), file);
  EXPECT_EQ(std::filesystem::last_write_time(file), written);
  const std::string zip = base::read_file(file);
  EXPECT_NE(zip.find("frame-00005.png"), zip.npos);
  EXPECT_EQ(zip.find("frame-00006.png"), zip.npos);
}

}  // namespace
}  // namespace zoetrope::serving
