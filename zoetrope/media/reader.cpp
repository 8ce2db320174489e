#include "zoetrope/media/reader.h"

#include <algorithm>
#include <limits>

#include "zoetrope/base/error.h"
#include "zoetrope/media/decoded.h"
#include "zoetrope/media/orientation.h"
#include "zoetrope/media/zimg.h"

namespace zoetrope::media {

bool FrameCollector::add(const Tensor& frame, double begin, double end) {
  auto count = static_cast<int64_t>(decoded.frames.size());
  if (count >= limits_.frames) throw base::Error("{}: has more frames than the limit of {}", name_, limits_.frames);
  if ((count + 1) * frame.numel() > limits_.clip_bytes)
    throw base::Error("{}: its frames take more than the limit of {} bytes; cut it or make it smaller", name_, limits_.clip_bytes);
  std::vector<double>& begins = decoded.stamps.begins;
  if (count > 0) begin = std::max(begin, begins.back());
  if (count > 0 && begin - begins.front() > limits_.seconds)
    throw base::Error("{}: lasts longer than the limit of {:.0f} seconds", name_, limits_.seconds);
  begins.push_back(begin);
  decoded.stamps.end = std::max(begin, end);
  decoded.frames.push_back(frame);
  return count + 1 < at_most_;
}

Decoded decode(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most) {
  Decoded decoded = is_webp(path)   ? decode_webp(path, limits, at_most)
                    : is_heif(path) ? decode_heif(path, limits, at_most)
                                    : decode_ffmpeg(path, limits, at_most);
  if (decoded.frames.empty()) throw base::Error("{}: contains no frame that can be decoded; is it cut off?", path.string());
  return decoded;
}

namespace {

constexpr int64_t all_frames = std::numeric_limits<int64_t>::max();

Timing timing_of(const std::filesystem::path& path, const TimeStamps& stamps, int64_t limit) try {
  return constant_rate(stamps, limit);
} catch (const base::Error& error) {
  throw base::Error("{}: {}", path.string(), error.what());
}

/// When the frames are shown, from the packets that hold them.
TimeStamps packet_times(Input& input, const ReadLimits& limits) {
  TimeStamps stamps = input.time_stamps();
  ffmpeg::Packet packet = ffmpeg::new_packet();
  while (input.next(*packet)) {
    if (static_cast<int64_t>(stamps.begins.size()) >= limits.frames)
      throw base::Error("{}: has more frames than the limit of {}", input.name(), limits.frames);
    if (packet->flags & AV_PKT_FLAG_DISCARD) continue;
    double begin = packet->pts != AV_NOPTS_VALUE ? input.seconds(packet->pts) : stamps.end;
    stamps.begins.push_back(begin);
    stamps.end = std::max(stamps.end, begin + input.seconds(std::max<int64_t>(packet->duration, 0)));
  }
  std::ranges::sort(stamps.begins);  // packets come in the order of decoding
  return stamps;
}

/// What the file announces beyond its last frame. Two frames more are no sign: containers round, and may not tell how long the last is.
double missing_seconds(const Input& input, const TimeStamps& stamps, Rational fps) {
  if (input.is_image() || stamps.begins.empty()) return 0;
  double missing = input.declared_seconds() - (stamps.end - stamps.begins.front());
  return missing * fps.value() > 2 ? missing : 0;
}

}  // namespace

Clip read_clip(const std::filesystem::path& path, const ReadLimits& limits) {
  Decoded decoded = decode(path, limits, all_frames);
  int64_t most = std::min(limits.frames, limits.clip_bytes / std::max<int64_t>(decoded.frames[0].numel(), 1));
  Timing timing = timing_of(path, decoded.stamps, most);
  std::vector<Tensor> shown;
  for (int64_t index : timing.source_index) shown.push_back(decoded.frames[index]);
  return {at::stack(shown), timing.fps};
}

Probe probe(const std::filesystem::path& path, const ReadLimits& limits) {
  if (is_webp(path)) return probe_webp(path, limits);
  if (is_heif(path)) return probe_heif(path, limits);
  Input input(path, limits);
  bool is_gif = input.parameters().codec_id == AV_CODEC_ID_GIF;  // FFmpeg 7 makes a packet of the comments at its end, too
  TimeStamps stamps = is_gif ? decode(path, limits, all_frames).stamps : packet_times(input, limits);
  Timing timing = timing_of(path, stamps, limits.frames);
  Orientation shape = orientation(input, nullptr, limits);
  return {.container = input.container()->iformat->name,
          .codec = avcodec_get_name(input.parameters().codec_id),
          .width = shape.final_width(),
          .height = shape.final_height(),
          .frames = stamps.begins.empty() ? 0 : static_cast<int64_t>(timing.source_index.size()),
          .fps = timing.fps,
          .hdr = is_hdr(input.parameters().color_trc),
          .missing_seconds = missing_seconds(input, stamps, timing.fps)};
}

}  // namespace zoetrope::media
