#include "zoetrope/generation/preview_file.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::generation {
namespace {

Tensor some_frames(int64_t count) { return draw({count, 16, 24, 3}, 1).sigmoid().mul(255).to(at::kByte); }

struct Listener : base::Observer {
  void notice(const std::string& text) override { told.push_back(text); }
  void preview(const std::function<Tensor()>&) override { ++previews; }
  std::vector<std::string> told;
  int previews = 0;
};

TEST(PreviewFile, IsASheetAnImageOrAnAnimation) {
  TemporaryFolder folder;
  Listener listener;
  auto written = [&](const char* name, const Tensor& frames) {
    PreviewFile file(listener, folder / name, {4, 1});
    file.preview([&] { return frames; });
    return media::read_clip(folder / name);
  };
  Tensor frames = some_frames(3);
  EXPECT_TRUE(written("one.png", frames.narrow(0, 0, 1)).frames[0].equal(frames[0]));
  EXPECT_GT(written("sheet.png", frames).width(), 3 * 24);
  media::Clip clip = written("moving.webp", frames);
  EXPECT_EQ(clip.length(), 3);
  EXPECT_NEAR(clip.fps.value(), 4, .01);
  EXPECT_EQ(listener.previews, 3) << "another observer may watch as well";
}

TEST(PreviewFile, IsNotWrittenMoreOftenThanItsCostAllows) {
  TemporaryFolder folder;
  Listener listener;
  PreviewFile file(listener, folder / "a.png", {4, 1});
  int made = 0;
  for (int i = 0; i < 20; ++i) file.preview([&] { return ++made, some_frames(2); });
  EXPECT_LT(made, 5);
  EXPECT_GE(made, 1);
}

TEST(PreviewFile, EndsWithANoticeWhereItCannotBeWritten) {
  TemporaryFolder folder;
  base::write_file(folder / "file", "");
  Listener listener;
  PreviewFile file(listener, folder / "file/a.png", {4, 1});
  for (int i = 0; i < 3; ++i) file.preview([] { return some_frames(1); });
  ASSERT_EQ(listener.told.size(), 1u);
  EXPECT_TRUE(listener.told[0].starts_with("there are no more previews: ")) << listener.told[0];
}

TEST(PreviewFile, RefusesOtherKinds) {
  EXPECT_EQ(complaint<base::InvalidRequest>([] { check_preview("a.mp4"); }), "preview must be a .png, .jpg or .webp, got 'a.mp4'");
}

}  // namespace
}  // namespace zoetrope::generation
