#pragma once
#include <memory>
#include <optional>

#include "zoetrope/media/filter_graph.h"

namespace zoetrope::media {

/// Whether a transfer function is one of HDR: HLG or PQ (ITU-R BT.2100).
inline bool is_hdr(AVColorTransferCharacteristic transfer) { return transfer == AVCOL_TRC_ARIB_STD_B67 || transfer == AVCOL_TRC_SMPTE2084; }

/// What zimg makes of frames, where swscale would not do. HDR becomes sRGB: what is as bright as SDR's white (203 cd/m2, ITU-R BT.2408) and
/// darker keeps its colour, but for the uppermost fifth, into which all that is brighter is compressed. Chroma that stands in the middle of
/// its luma, as JPEG has it, is interpolated as libjpeg does ("fancy upsampling").
class ZimgToRgb {
 public:
  /// The frame in RGB, or null where swscale will do.
  ffmpeg::Frame operator()(const AVFrame& frame);

 private:
  std::unique_ptr<FilterGraph> graph_;  // of the latest kind of frame
  std::string chain_;
  int format_ = -1, width_ = 0, height_ = 0;
};

}  // namespace zoetrope::media
