#include "zoetrope/media/image.h"

#include "zoetrope/base/files.h"
#include "zoetrope/media/metadata_blocks.h"
#include "zoetrope/media/pixel_convert.h"
#include "zoetrope/media/suffix.h"

namespace zoetrope::media {
namespace {

constexpr int max_side = 16384;

/// One image through an encoder -> the bytes of an image file.
std::string encode(const std::string& name, const Tensor& image, PixelLayout layout, int jpeg_scale) {
  ffmpeg::be_quiet();
  const AVCodec* codec = ffmpeg::find_encoder(name);
  layout.height = static_cast<int>(image.size(0));
  layout.width = static_cast<int>(image.size(1));
  ffmpeg::Codec encoder(avcodec_alloc_context3(codec));
  encoder->width = layout.width;
  encoder->height = layout.height;
  encoder->pix_fmt = layout.format;
  encoder->color_range = layout.range;
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE;
  encoder->global_quality = jpeg_scale * FF_QP2LAMBDA;
  ffmpeg::check(avcodec_open2(encoder.get(), codec, nullptr), fmt::format("{} cannot encode {}x{}", name, layout.width, layout.height));
  ffmpeg::Frame frame = RgbToYuv(layout)(image);
  frame->pts = 0;
  frame->quality = encoder->global_quality;
  ffmpeg::check(avcodec_send_frame(encoder.get(), frame.get()), name);
  ffmpeg::check(avcodec_send_frame(encoder.get(), nullptr), name);
  ffmpeg::Packet packet = ffmpeg::new_packet();
  ffmpeg::check(avcodec_receive_packet(encoder.get(), packet.get()), name);
  return {reinterpret_cast<const char*>(packet->data), static_cast<size_t>(packet->size)};
}

std::string jpeg(const Tensor& image, const Metadata& metadata) {
  PixelLayout jfif{.format = AV_PIX_FMT_YUV444P, .matrix = AVCOL_SPC_SMPTE170M, .range = AVCOL_RANGE_JPEG};  // BT.601, full range
  return with_jpeg_xmp(with_jpeg_comment(encode("mjpeg", image, jfif, 1), metadata.request), xmp_packet("", metadata.aigc));
}

}  // namespace

std::string png(const Tensor& image, const Metadata& metadata) {
  std::string file = encode("png", image, {.format = AV_PIX_FMT_RGB24, .range = AVCOL_RANGE_JPEG}, 1);
  file = with_png_text(file, png_xmp_keyword, xmp_packet("", metadata.aigc));
  file = with_png_text(file, png_comment_keyword, metadata.request);
  return with_png_text(file, metadata_key, metadata.request);
}

bool is_image_path(const std::filesystem::path& path) {
  std::string suffix = suffix_of(path);
  return suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg";
}

void write_image(const std::filesystem::path& path, const Tensor& image, const Metadata& metadata, const Seal& seal) {
  if (!is_image_path(path))
    throw base::UsageError("{}: no image format has the suffix '{}'; use .png or .jpg", path.string(), suffix_of(path));
  if (image.dim() != 3 || image.size(2) != 3 || image.scalar_type() != at::kByte || image.numel() == 0)
    throw base::Error("{}: an image must be [H,W,3] uint8, got [{}] {}", path.string(), fmt::join(image.sizes(), ","),
                      c10::toString(image.scalar_type()));
  if (std::max(image.size(0), image.size(1)) > max_side)
    throw base::Error("{}: an image of {}x{} is too large; sides up to {} can be written", path.string(), image.size(1), image.size(0),
                      max_side);
  if ((metadata.request + metadata.aigc).find('\0') != std::string::npos)
    throw base::UsageError("{}: metadata with a NUL cannot be written", path.string());
  Tensor here = image.cpu();
  base::AtomicFile file(path);
  base::write_file(file.temporary(), suffix_of(path) == ".png" ? png(here, metadata) : jpeg(here, metadata));
  if (seal) seal(file.temporary());
  file.commit();
}

}  // namespace zoetrope::media
