#pragma once
#include "zoetrope/base/tensor.h"
#include "zoetrope/media/ffmpeg.h"

struct SwsContext;

namespace zoetrope::media {

/// How an encoder wants its pixels. `matrix` and `range` say how RGB becomes luma and chroma; RGB formats ignore them.
struct PixelLayout {
  AVPixelFormat format = AV_PIX_FMT_YUV420P;
  int width = 0, height = 0;
  AVColorSpace matrix = AVCOL_SPC_BT709;
  AVColorRange range = AVCOL_RANGE_MPEG;
};

/// Owns a scaler of FFmpeg that is made anew when the kind of frame changes.
class Scaler {
 public:
  Scaler() = default;
  ~Scaler();
  Scaler(const Scaler&) = delete;
  Scaler& operator=(const Scaler&) = delete;
  /// Converts `from` into the buffers of `to`, both with their format, size, matrix and range filled in.
  void convert(const AVFrame& from, AVFrame& to);

 private:
  SwsContext* context_ = nullptr;
};

/// RGB tensors -> frames for an encoder. A layout larger than the tensor is filled by repeating the last row and column.
class RgbToYuv {
 public:
  explicit RgbToYuv(const PixelLayout& layout) : layout_(layout) {}
  /// rgb [H,W,3] uint8 -> a frame of its own.
  ffmpeg::Frame operator()(const Tensor& rgb);

 private:
  PixelLayout layout_;
  Scaler scaler_;
};

/// Decoded frames of any format -> RGB tensors.
class ToRgb {
 public:
  /// -> [height,width,3] uint8. Matrix and range are the frame's own; untagged video counts as limited range, BT.709 from 720 lines
  /// up and BT.601 below, as players have it. Transparent pixels are laid on white.
  Tensor operator()(const AVFrame& frame, int width, int height);

 private:
  Scaler scaler_;
};

/// The same frame with whole chroma samples: where a side is odd in 4:2:0, in buffers of an even size; what is added is undefined.
ffmpeg::Frame with_whole_chroma(const AVFrame& frame);

/// rgba [...,4] uint8 laid on white -> [...,3] uint8.
Tensor on_white(const Tensor& rgba);

}  // namespace zoetrope::media
