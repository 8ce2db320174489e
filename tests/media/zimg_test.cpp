#include "zoetrope/media/zimg.h"

#include <gtest/gtest.h>

#include "zoetrope/media/pixel_convert.h"

namespace zoetrope::media {
namespace {

/// A grey frame of ten bits, limited range, as telephones write HDR.
ffmpeg::Frame grey(int luma, AVColorTransferCharacteristic transfer) {
  ffmpeg::Frame frame = ffmpeg::new_frame();
  frame->format = AV_PIX_FMT_YUV420P10, frame->width = 32, frame->height = 16;
  frame->color_trc = transfer, frame->color_primaries = AVCOL_PRI_BT2020, frame->colorspace = AVCOL_SPC_BT2020_NCL;
  frame->color_range = AVCOL_RANGE_MPEG;
  ffmpeg::check(av_frame_get_buffer(frame.get(), 0), "no memory");
  for (int plane : {0, 1, 2})
    for (int y = 0; y < (plane == 0 ? 16 : 8); ++y)
      std::fill_n(reinterpret_cast<uint16_t*>(frame->data[plane] + y * frame->linesize[plane]), plane == 0 ? 32 : 16,
                  static_cast<uint16_t>(plane == 0 ? luma : 512));
  return frame;
}

/// The level of the grey in 0..255, which must be a grey.
int64_t level(int luma, AVColorTransferCharacteristic transfer) {
  ZimgToRgb convert;
  ffmpeg::Frame rgb = convert(*grey(luma, transfer));
  Tensor pixels = ToRgb()(*rgb, 32, 16);
  EXPECT_LE((pixels.select(-1, 0).to(at::kInt) - pixels.select(-1, 2).to(at::kInt)).abs().max().item<int64_t>(), 2);
  return pixels[8][16][1].item<int64_t>();
}

TEST(Zimg, KeepsTheWhiteOfSdrInHdr) {
  constexpr int hlg_white = 64 + 657, pq_white = 64 + 509;  // 75% and 58% of the signal: 203 cd/m2 (ITU-R BT.2408, table 1)
  EXPECT_NEAR(level(hlg_white, AVCOL_TRC_ARIB_STD_B67), 255, 40);
  EXPECT_NEAR(level(pq_white, AVCOL_TRC_SMPTE2084), 255, 40);
  EXPECT_GT(level(64 + 876, AVCOL_TRC_ARIB_STD_B67), level(hlg_white, AVCOL_TRC_ARIB_STD_B67));  // what is brighter still differs
  EXPECT_LT(level(64, AVCOL_TRC_ARIB_STD_B67), 3);
}

TEST(Zimg, LeavesOtherFramesToSwscale) {
  ZimgToRgb convert;
  EXPECT_EQ(convert(*grey(500, AVCOL_TRC_BT709)), nullptr);
}

}  // namespace
}  // namespace zoetrope::media
