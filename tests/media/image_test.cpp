#include "zoetrope/media/image.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {
namespace {

using namespace test;

TEST(Image, PngIsExact) {
  TemporaryFolder folder;
  Tensor image = at::randint(0, 256, {33, 47, 3}, at::kByte);
  write_image(folder / "a.png", image);
  EXPECT_TRUE(read_image(folder / "a.png").equal(image));
  write_image(folder / "view.png", image.transpose(0, 1));
  EXPECT_TRUE(read_image(folder / "view.png").equal(image.transpose(0, 1)));
}

TEST(Image, JpegIsClose) {
  TemporaryFolder folder;
  Tensor image = moving_clip(1, 33, 47).frames[0];
  for (std::string name : {"a.jpg", "a.jpeg", "a.JPG"}) {
    write_image(folder / name, image);
    EXPECT_GT(psnr(read_image(folder / name), image), 42);
  }
}

TEST(Image, CarriesTheRequest) {
  TemporaryFolder folder;
  Tensor image = moving_clip(1, 20, 20).frames[0];
  for (std::string name : {"a.png", "a.jpg"}) {
    write_image(folder / name, image, long_request());
    EXPECT_EQ(read_metadata(folder / name), long_request());
    EXPECT_EQ(read_image(folder / name).sizes(), image.sizes());  // the image is still one
    write_image(folder / name, image);
    EXPECT_EQ(read_metadata(folder / name), std::nullopt);
  }
}

TEST(Image, CutOffIsRefused) {
  TemporaryFolder folder;
  for (std::string name : {"a.png", "a.jpg"}) {
    write_image(folder / name, at::randint(0, 256, {40, 40, 3}, at::kByte));
    std::string bytes = bytes_of(folder / name);
    put_bytes(folder / name, bytes.substr(0, bytes.size() / 2));
    EXPECT_THROW(read_image(folder / name), base::Error) << name;
  }
}

TEST(Image, IsTheFirstFrameOfAVideo) {
  TemporaryFolder folder;
  Clip clip = moving_clip(5, 32, 32);
  write_clip(folder / "a.mp4", clip);
  EXPECT_GT(psnr(read_image(folder / "a.mp4"), clip.frames[0]), 35);
}

TEST(Image, RefusesWhatItCannotWrite) {
  TemporaryFolder folder;
  Tensor image = at::zeros({4, 4, 3}, at::kByte);
  EXPECT_THROW(write_image(folder / "a.bmp", image), base::UsageError);
  EXPECT_THROW(write_image(folder / "a.png", image.to(at::kFloat)), base::Error);
  EXPECT_THROW(write_image(folder / "a.png", at::zeros({4, 4}, at::kByte)), base::Error);
  EXPECT_THROW(write_image(folder / "a.png", at::zeros({0, 4, 3}, at::kByte)), base::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

}  // namespace
}  // namespace zoetrope::media
