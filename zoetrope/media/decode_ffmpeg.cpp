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
  Sink(Input& input, const ReadLimits& limits, int64_t at_most)
      : input_(input), limits_(limits), collector_(input.name(), limits, at_most) {
    collector_.decoded.stamps = input.time_stamps();
  }

  /// False when no more frames are wanted.
  bool operator()(const AVFrame& frame) {
    if (frame.flags & AV_FRAME_FLAG_CORRUPT || frame.decode_error_flags) return true;  // guessed pixels are left out
    if (!upright_) upright_ = orientation(input_, &frame, limits_);
    const TimeStamps& stamps = collector_.decoded.stamps;
    double begin = frame.best_effort_timestamp != AV_NOPTS_VALUE ? input_.seconds(frame.best_effort_timestamp) : stamps.end;
    ffmpeg::Frame converted = convert_(frame);
    Tensor rgb = to_rgb_(converted ? *converted : frame, upright_->width, upright_->height);
    return collector_.add((*upright_)(rgb), begin, begin + input_.seconds(std::max<int64_t>(duration_of(frame), 0)));
  }
  Decoded take() { return std::move(collector_.decoded); }

 private:
  Input& input_;
  ReadLimits limits_;
  FrameCollector collector_;
  std::optional<Orientation> upright_;
  ZimgToRgb convert_;
  ToRgb to_rgb_;
};

}  // namespace

Decoded decode_ffmpeg(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most) {
  Input input(path, limits);
  ffmpeg::Codec decoder = input.decoder();
  decoder->max_pixels = limits.pixels;
  Sink sink(input, limits, at_most);
  ffmpeg::Packet packet = ffmpeg::new_packet();
  ffmpeg::Frame frame = ffmpeg::new_frame();
  for (bool more = true; more;) {
    more = input.next(*packet);
    avcodec_send_packet(decoder.get(), more ? packet.get() : nullptr);  // a broken packet costs its frame, not the clip
    while (avcodec_receive_frame(decoder.get(), frame.get()) >= 0)
      if (!sink(*frame)) return sink.take();
  }
  return sink.take();
}

}  // namespace zoetrope::media
