#include "zoetrope/media/zimg.h"

#include "zoetrope/media/pixel_convert.h"

namespace zoetrope::media {
namespace {

/// The filters for a frame; empty where none are needed.
std::string chain_for(const AVFrame& frame) {
  if (is_hdr(frame.color_trc))
    return "[in]zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:param=0.8,zscale=t=iec61966-2-1:m=gbr:r=full,"
           "format=gbrp[out]";
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const bool subsampled = layout && (layout->log2_chroma_w > 0 || layout->log2_chroma_h > 0);
  if (subsampled && frame.chroma_location == AVCHROMA_LOC_CENTER) return "[in]zscale=m=gbr:r=full:f=bilinear:cin=center,format=gbrp[out]";
  return "";
}

}  // namespace

ffmpeg::Frame ZimgToRgb::operator()(const AVFrame& frame) {
  const std::string chain = chain_for(frame);
  if (chain.empty()) return nullptr;
  ffmpeg::Frame whole = with_whole_chroma(frame);
  if (chain != chain_ || whole->format != format_ || whole->width != width_ || whole->height != height_) {
    chain_ = chain, format_ = whole->format, width_ = whole->width, height_ = whole->height;
    graph_ = std::make_unique<FilterGraph>(static_cast<AVPixelFormat>(format_), width_, height_, Rational{25, 1}, chain,
                                           "the colours of a frame cannot be converted");
  }
  graph_->put(whole.get());
  ffmpeg::Frame rgb = graph_->take();
  if (!rgb) throw base::Error("the colours of a frame cannot be converted: the filter keeps it");
  rgb->width = frame.width, rgb->height = frame.height;
  return rgb;
}

}  // namespace zoetrope::media
