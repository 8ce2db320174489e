#include "zoetrope/media/pixel_convert.h"

extern "C" {
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cstring>

namespace zoetrope::media {
namespace {

/// swscale knows a matrix by its coefficients and chooses BT.601 where it is told nothing.
const int* coefficients(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_BT709:
      return sws_getCoefficients(SWS_CS_ITU709);
    case AVCOL_SPC_FCC:
      return sws_getCoefficients(SWS_CS_FCC);
    case AVCOL_SPC_SMPTE240M:
      return sws_getCoefficients(SWS_CS_SMPTE240M);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return sws_getCoefficients(SWS_CS_BT2020);
    default:
      return sws_getCoefficients(SWS_CS_ITU601);
  }
}

const AVPixFmtDescriptor& describe(const AVFrame& frame) {
  const AVPixFmtDescriptor* found = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (!found) throw base::Error("the decoder returned an unknown pixel format ({})", frame.format);
  return *found;
}

bool is_rgb(const AVFrame& frame) { return describe(frame).flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL); }

bool is_full_range(const AVFrame& frame) {
  if (frame.color_range != AVCOL_RANGE_UNSPECIFIED) return frame.color_range == AVCOL_RANGE_JPEG;
  bool old_jpeg = std::string_view(describe(frame).name).starts_with("yuvj");  // names that carry the range, kept by old decoders
  bool grey = describe(frame).nb_components <= 2;                              // grey images are PNG, JPEG and the like
  return old_jpeg || grey;
}

AVColorSpace matrix_of(const AVFrame& frame) {
  if (frame.colorspace != AVCOL_SPC_UNSPECIFIED) return frame.colorspace;
  return frame.height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

/// The names that carry the range give way to the plain ones: the range is told apart from the format.
AVPixelFormat plain_format(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

ffmpeg::Frame empty_frame(AVPixelFormat format, int width, int height) {
  ffmpeg::Frame frame = ffmpeg::new_frame();
  frame->format = format;
  frame->width = width;
  frame->height = height;
  ffmpeg::check(av_frame_get_buffer(frame.get(), 0), "no memory for a frame");
  return frame;
}

/// A size with whole chroma samples. Where a side is odd in 4:2:0, swscale would squeeze the image onto its half samples.
void make_chroma_whole(AVPixelFormat format, int& width, int& height) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(format);
  auto round_up = [](int side, int log2) { return ((side - 1) >> log2 << log2) + (1 << log2); };
  width = round_up(width, layout->log2_chroma_w);
  height = round_up(height, layout->log2_chroma_h);
}

/// The same frame in buffers of a larger size; what is added is undefined.
ffmpeg::Frame enlarged(const AVFrame& frame, int width, int height) {
  ffmpeg::Frame larger = empty_frame(static_cast<AVPixelFormat>(frame.format), width, height);
  ffmpeg::check(av_frame_copy_props(larger.get(), &frame), "a frame cannot be copied");
  av_image_copy(larger->data, larger->linesize, const_cast<const uint8_t**>(frame.data), frame.linesize,
                static_cast<AVPixelFormat>(frame.format), frame.width, frame.height);
  return larger;
}

}  // namespace

Scaler::~Scaler() { sws_freeContext(context_); }

void Scaler::convert(const AVFrame& from, AVFrame& to) {
  // Chroma of 4:2:0 is the mean of four pixels, and each of the four gets that mean back: a second round changes nothing more.
  int kernel = from.width != to.width || from.height != to.height ? SWS_BICUBIC : is_rgb(from) ? SWS_AREA : SWS_POINT;
  int flags = kernel | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
  context_ = sws_getCachedContext(context_, from.width, from.height, plain_format(from.format), to.width, to.height,
                                  static_cast<AVPixelFormat>(to.format), flags, nullptr, nullptr, nullptr);
  if (!context_)
    throw base::Error("frames of format '{}' and size {}x{} cannot be converted", describe(from).name, from.width, from.height);
  constexpr int neutral = 1 << 16;  // brightness 0, contrast and saturation 1 in 16.16 fixed point
  sws_setColorspaceDetails(context_, coefficients(matrix_of(from)), is_full_range(from), coefficients(matrix_of(to)), is_full_range(to), 0,
                           neutral, neutral);  // says no for RGB to RGB, where there is nothing to set
  ffmpeg::check(sws_scale(context_, from.data, from.linesize, 0, from.height, to.data, to.linesize), "a frame cannot be converted");
}

ffmpeg::Frame RgbToYuv::operator()(const Tensor& rgb) {
  Tensor source = rgb.contiguous();
  auto height = static_cast<int>(source.size(0)), width = static_cast<int>(source.size(1));
  int whole_width = layout_.width, whole_height = layout_.height;
  make_chroma_whole(layout_.format, whole_width, whole_height);
  const uint8_t* pixels = source.const_data_ptr<uint8_t>();
  ffmpeg::Frame plain = empty_frame(AV_PIX_FMT_RGB24, whole_width, whole_height);
  for (int y = 0; y < whole_height; ++y) {
    const uint8_t* row = pixels + int64_t{3} * width * std::min(y, height - 1);
    uint8_t* out = plain->data[0] + int64_t{y} * plain->linesize[0];
    std::memcpy(out, row, size_t{3} * width);
    for (int x = width; x < whole_width; ++x) std::memcpy(out + 3 * x, row + 3 * (width - 1), 3);
  }
  if (layout_.format == AV_PIX_FMT_RGB24) return plain;
  ffmpeg::Frame frame = empty_frame(layout_.format, whole_width, whole_height);
  if (!is_rgb(*frame)) {
    frame->colorspace = layout_.matrix;
    frame->color_range = layout_.range;
  }
  scaler_.convert(*plain, *frame);
  frame->width = layout_.width;
  frame->height = layout_.height;
  return frame;
}

Tensor ToRgb::operator()(const AVFrame& frame, int width, int height) {
  bool alpha = describe(frame).flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);
  int channels = alpha ? 4 : 3, whole_width = width, whole_height = height;
  bool stretched = frame.width != width || frame.height != height;
  if (!stretched) make_chroma_whole(static_cast<AVPixelFormat>(frame.format), whole_width, whole_height);
  ffmpeg::Frame larger = stretched ? nullptr : with_whole_chroma(frame);
  ffmpeg::Frame out = empty_frame(alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24, whole_width, whole_height);
  scaler_.convert(larger ? *larger : frame, *out);
  Tensor rows = at::from_blob(out->data[0], {height, width, channels}, {out->linesize[0], channels, 1}, at::kByte);
  return alpha ? on_white(rows) : rows.clone(at::MemoryFormat::Contiguous);
}

ffmpeg::Frame with_whole_chroma(const AVFrame& frame) {
  int width = frame.width, height = frame.height;
  make_chroma_whole(static_cast<AVPixelFormat>(frame.format), width, height);
  if (width != frame.width || height != frame.height) return enlarged(frame, width, height);
  ffmpeg::Frame same = ffmpeg::new_frame();
  ffmpeg::check(av_frame_ref(same.get(), &frame), "a frame cannot be copied");
  return same;
}

Tensor on_white(const Tensor& rgba) {
  Tensor colour = rgba.narrow(-1, 0, 3).to(at::kInt), alpha = rgba.narrow(-1, 3, 1).to(at::kInt);
  return at::floor_divide(colour * alpha + 255 * (255 - alpha) + 127, 255).to(at::kByte);
}

}  // namespace zoetrope::media
