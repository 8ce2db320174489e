#include "zoetrope/media/pixel_convert.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"

namespace zoetrope::media {
namespace {

Tensor flat(int red, int green, int blue) { return at::tensor({red, green, blue}).to(at::kByte).expand({16, 16, 3}).contiguous(); }

TEST(Convert, FollowsBt709InLimitedRange) {
  RgbToYuv convert({.format = AV_PIX_FMT_YUV420P, .width = 16, .height = 16});
  auto expect = [&](const Tensor& rgb, int luma, int blue, int red) {
    ffmpeg::Frame frame = convert(rgb);
    EXPECT_NEAR(frame->data[0][0], luma, 1);
    EXPECT_NEAR(frame->data[1][0], blue, 1);
    EXPECT_NEAR(frame->data[2][0], red, 1);
  };
  expect(flat(255, 255, 255), 235, 128, 128);
  expect(flat(0, 0, 0), 16, 128, 128);
  expect(flat(255, 0, 0), 63, 102, 240);  // Y = 16 + 219 * 0.2126
  expect(flat(0, 255, 0), 173, 42, 26);
  expect(flat(0, 0, 255), 32, 240, 118);
}

TEST(Convert, ReadsEachFrameByItsOwnMatrixAndRange) {
  for (AVColorSpace matrix : {AVCOL_SPC_BT709, AVCOL_SPC_SMPTE170M, AVCOL_SPC_BT2020_NCL})
    for (AVColorRange range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG}) {
      Tensor colour = flat(200, 60, 90);
      ffmpeg::Frame frame = RgbToYuv({AV_PIX_FMT_YUV444P, 16, 16, matrix, range})(colour);
      Tensor back = ToRgb()(*frame, 16, 16);
      EXPECT_LE((back.to(at::kInt) - colour.to(at::kInt)).abs().max().item<int>(), 2) << matrix << " " << range;
    }
}

TEST(Convert, TakesUntaggedVideoAsPlayersDo) {
  for (int height : {480, 720}) {
    Tensor colour = at::tensor({200, 60, 90}).to(at::kByte).expand({height, 16, 3}).contiguous();
    AVColorSpace usual = height == 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    ffmpeg::Frame frame = RgbToYuv({AV_PIX_FMT_YUV420P, 16, height, usual})(colour);
    frame->colorspace = AVCOL_SPC_UNSPECIFIED;
    frame->color_range = AVCOL_RANGE_UNSPECIFIED;
    EXPECT_LE((ToRgb()(*frame, 16, height).to(at::kInt) - colour.to(at::kInt)).abs().max().item<int>(), 2);
  }
}

TEST(Convert, KeepsOddSidesInPlace) {
  Tensor image = test::moving_clip(1, 97, 131).frames[0];
  ffmpeg::Frame frame = RgbToYuv({.format = AV_PIX_FMT_YUV420P, .width = 131, .height = 97})(image);
  EXPECT_GT(test::psnr(ToRgb()(*frame, 131, 97), image), 40);
}

TEST(Convert, RepeatsTheLastRowAndColumn) {
  Tensor image = at::randint(0, 256, {3, 5, 3}, at::kByte);
  ffmpeg::Frame frame = RgbToYuv({.format = AV_PIX_FMT_RGB24, .width = 6, .height = 4})(image);
  Tensor larger = ToRgb()(*frame, 6, 4);
  EXPECT_TRUE(larger.narrow(0, 0, 3).narrow(1, 0, 5).equal(image));
  EXPECT_TRUE(larger[3][5].equal(image[2][4]));
}

TEST(Convert, LaysTransparencyOnWhite) {
  Tensor rgba = at::tensor({255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128}).to(at::kByte).view({3, 4});
  EXPECT_TRUE(on_white(rgba).equal(at::tensor({255, 0, 0, 255, 255, 255, 127, 127, 127}).to(at::kByte).view({3, 3})));
}

}  // namespace
}  // namespace zoetrope::media
