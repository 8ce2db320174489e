// Everything else through FFmpeg.
#include "zoetrope/media/decoded.h"
#include "zoetrope/media/orientation.h"
#include "zoetrope/media/pixel_convert.h"
#include "zoetrope/media/zimg.h"

namespace zoetrope::media {
namespace {

int64_t duration_of(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

/// Decoded frames -> upright RGB at the size of the first one, at their times.
class Sink {
 public:
  Sink(Input& input, const ReadLimits& limits, FrameReceiver& receiver) : input_(input), limits_(limits), receiver_(receiver) {
    receiver.stamps = input.time_stamps();
  }

  /// False when no more frames are wanted.
  bool operator()(const AVFrame& frame) {
    if (frame.flags & AV_FRAME_FLAG_CORRUPT || frame.decode_error_flags) return true;  // guessed pixels are left out
    if (!upright_) upright_ = orientation(input_, &frame, limits_);
    double begin = frame.best_effort_timestamp != AV_NOPTS_VALUE ? input_.seconds(frame.best_effort_timestamp) : receiver_.stamps.end;
    return receiver_.add([&] { return converted(frame); }, begin, begin + input_.seconds(std::max<int64_t>(duration_of(frame), 0)));
  }

 private:
  Tensor converted(const AVFrame& frame) {
    ffmpeg::Frame changed = convert_(frame);
    return (*upright_)(to_rgb_(changed ? *changed : frame, upright_->width, upright_->height));
  }

  Input& input_;
  ReadLimits limits_;
  FrameReceiver& receiver_;
  std::optional<Orientation> upright_;
  ZimgToRgb convert_;
  ToRgb to_rgb_;
};

}  // namespace

void decode_ffmpeg(const Source& file, const ReadLimits& limits, FrameReceiver& receiver) {
  Input input(file, limits);
  ffmpeg::Codec decoder = input.decoder();
  decoder->max_pixels = limits.pixels;
  Sink sink(input, limits, receiver);
  ffmpeg::Packet packet = ffmpeg::new_packet();
  ffmpeg::Frame frame = ffmpeg::new_frame();
  for (bool more = true; more;) {
    more = input.next(*packet);
    avcodec_send_packet(decoder.get(), more ? packet.get() : nullptr);  // a broken packet costs its frame, not the clip
    while (avcodec_receive_frame(decoder.get(), frame.get()) >= 0)
      if (!sink(*frame)) return;
  }
}

}  // namespace zoetrope::media
