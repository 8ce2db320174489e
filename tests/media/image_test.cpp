#include "zoetrope/media/image.h"

#include <gtest/gtest.h>
#include <libheif/heif.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
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

TEST(Image, ReadsThePhotosOfPhones) {
  if (!heif_have_encoder_for_format(heif_compression_HEVC)) GTEST_SKIP() << "this libheif cannot write HEIC";
  TemporaryFolder folder;
  const Tensor picture = moving_clip(1, 48, 64).frames[0];
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  heif_image* image = nullptr;
  heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder);
  heif_encoder_set_lossy_quality(encoder, 95);
  heif_image_create(64, 48, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
  heif_image_add_plane(image, heif_channel_interleaved, 64, 48, 8);
  int stride = 0;
  uint8_t* rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  at::from_blob(rows, {48, 64, 3}, {stride, 3, 1}, at::kByte).copy_(picture);
  heif_context_encode_image(context, image, encoder, nullptr, nullptr);
  heif_context_write_to_file(context, (folder / "a.heic").c_str());
  heif_image_release(image);
  heif_encoder_release(encoder);
  heif_context_free(context);

  EXPECT_GT(psnr(read_image(folder / "a.heic"), picture), 30);
  const Probe found = probe(folder / "a.heic");
  EXPECT_EQ(std::pair(found.width, found.height), std::pair(int64_t{64}, int64_t{48}));
  EXPECT_EQ(found.frames, 1);
  const std::string bytes = bytes_of(folder / "a.heic");
  put_bytes(folder / "cut.heic", bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(complaint([&] { read_image(folder / "cut.heic"); }).find("HEIF"), std::string::npos);
}

}  // namespace
}  // namespace zoetrope::media
