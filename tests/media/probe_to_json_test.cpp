#include "zoetrope/media/probe_to_json.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {
namespace {

using namespace test;

TEST(Describe, TellsWhatAClipIsAndHowItWasMade) {
  TemporaryFolder folder;
  write_clip(folder / "a.webm", moving_clip(30, 17, 31, {30000, 1001}), R"({"prompt":"红色的球","seed":7})");
  base::Json json = probe_to_json(folder / "a.webm");
  EXPECT_EQ(json["kind"], "video");
  EXPECT_EQ(json["width"], 31);
  EXPECT_EQ(json["height"], 17);
  EXPECT_EQ(json["frames"], 30);
  EXPECT_EQ(json["fps"], "30000/1001");
  EXPECT_NEAR(json["seconds"].get<double>(), 1.001, 1e-6);
  EXPECT_EQ(json["codec"], "vp9");
  EXPECT_EQ(json["request"]["prompt"], "红色的球");
}

TEST(Describe, TellsWhatAPictureIs) {
  TemporaryFolder folder;
  write_image(folder / "a.png", moving_clip(1, 17, 31).frames[0], "no JSON");
  base::Json json = probe_to_json(folder / "a.png");
  EXPECT_EQ(json["kind"], "image");
  EXPECT_EQ(json["request"], "no JSON");
  EXPECT_FALSE(json.contains("fps"));
  write_image(folder / "b.png", moving_clip(1, 17, 31).frames[0]);
  EXPECT_FALSE(probe_to_json(folder / "b.png").contains("request"));
}

TEST(Describe, RefusesOtherFiles) {
  TemporaryFolder folder;
  put_bytes(folder / "a.txt", "words");
  EXPECT_THROW(probe_to_json(folder / "a.txt"), base::Error);
}

}  // namespace
}  // namespace zoetrope::media
