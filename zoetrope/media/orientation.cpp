#include "zoetrope/media/orientation.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace zoetrope::media {
namespace {

/// The display matrix of the stream: nine integers, or null.
const uint8_t* stream_matrix(const Input& input) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const AVCodecParameters& parameters = input.parameters();
  const AVPacketSideData* data =
      av_packet_side_data_get(parameters.coded_side_data, parameters.nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 9 * sizeof(int32_t) ? data->data : nullptr;
#else
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(input.stream(), AV_PKT_DATA_DISPLAYMATRIX, &size);
  return size >= 9 * sizeof(int32_t) ? data : nullptr;
#endif
}

const uint8_t* frame_matrix(const AVFrame* frame) {
  const AVFrameSideData* data = frame ? av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX) : nullptr;
  return data && data->size >= 9 * sizeof(int32_t) ? data->data : nullptr;
}

}  // namespace

Tensor Orientation::operator()(const Tensor& frame) const {
  Tensor turned = transpose ? frame.transpose(0, 1) : frame;
  if (mirror_x) turned = turned.flip(1);
  if (mirror_y) turned = turned.flip(0);
  return turned.contiguous();
}

Orientation from_exif(int orientation, int width, int height) {
  const bool transpose = orientation >= 5;
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  return {width, height, transpose, mirror_x, mirror_y};
}

Orientation orientation(const Input& input, const AVFrame* frame, const ReadLimits& limits) {
  Orientation result;
  int stored_width = frame ? frame->width : input.parameters().width;
  result.height = frame ? frame->height : input.parameters().height;
  AVRational aspect = av_guess_sample_aspect_ratio(input.container(), input.stream(), const_cast<AVFrame*>(frame));
  double stretch = aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1;
  double width = std::max(1.0, std::round(stored_width * stretch));
  check_size(input.name(), static_cast<int64_t>(std::min(width, 1e9)), result.height, limits);
  result.width = static_cast<int>(width);

  const uint8_t* bytes = frame_matrix(frame);
  if (!bytes) bytes = stream_matrix(input);
  if (!bytes) return from_exif(input.exif_orientation(), result.width, result.height);
  // The image's x axis goes to (m[0], m[1]) and its y axis to (m[3], m[4]); other angles than quarter turns do not occur.
  int32_t m[9];
  std::memcpy(m, bytes, sizeof m);
  result.transpose = std::llabs(m[1]) > std::llabs(m[0]);
  result.mirror_x = (result.transpose ? m[3] : m[0]) < 0;
  result.mirror_y = (result.transpose ? m[1] : m[4]) < 0;
  return result;
}

}  // namespace zoetrope::media
