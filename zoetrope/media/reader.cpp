#include "zoetrope/media/reader.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/media/decoded.h"
#include "zoetrope/media/file_decoder.h"
#include "zoetrope/media/orientation.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/sound.h"
#include "zoetrope/media/zimg.h"

namespace zoetrope::media {

bool FrameReceiver::add(const MakeFrame& make, double begin, double end) {
  std::vector<double>& begins = stamps.begins;
  if (static_cast<int64_t>(begins.size()) >= limits_.frames)
    throw base::Error("{}: has more frames than the limit of {}", name_, limits_.frames);
  if (!begins.empty()) begin = std::max(begin, begins.back());
  if (!begins.empty() && begin - begins.front() > limits_.seconds)
    throw base::Error("{}: lasts longer than the limit of {:.0f} seconds", name_, limits_.seconds);
  begins.push_back(begin);
  stamps.end = std::max(begin, end);
  return take_(make, begin);
}

void decode(const Source& file, const ReadLimits& limits, FrameReceiver& receiver) {
  if (is_webp(file))
    decode_webp(file, limits, receiver);
  else if (is_heif(file))
    decode_heif(file, limits, receiver);
  else
    decode_ffmpeg(file, limits, receiver);
  if (receiver.stamps.begins.empty()) throw base::Error("{}: contains no frame that can be decoded; is it cut off?", file.name());
}

namespace {

/// Frames that are kept, up to the limit.
class FrameList {
 public:
  FrameList(std::string name, const ReadLimits& limits) : name_(std::move(name)), limits_(limits) {}
  void add(const Tensor& frame) {
    if ((static_cast<int64_t>(frames.size()) + 1) * frame.numel() > limits_.clip_bytes)
      throw base::Error("{}: its frames take more than the limit of {} bytes; cut it or make it smaller", name_, limits_.clip_bytes);
    frames.push_back(frame);
  }
  std::vector<Tensor> frames;

 private:
  std::string name_;
  ReadLimits limits_;
};

Timing timing_of(const Source& file, const TimeStamps& stamps, int64_t limit) try {
  return constant_rate(stamps, limit);
} catch (const base::Error& error) {
  throw base::Error("{}: {}", file.name(), error.what());
}

/// When the frames are shown, found by decoding them.
TimeStamps decoded_times(const Source& file, const ReadLimits& limits) {
  FrameReceiver receiver(file.name(), limits, [](const MakeFrame&, double) { return true; });
  decode(file, limits, receiver);
  return std::move(receiver.stamps);
}

/// When the frames are shown, from the packets that hold them.
struct PacketTimes {
  TimeStamps stamps;
  bool all_known = true;  // whether each of them says
};

PacketTimes packet_times(Input& input, const ReadLimits& limits) {
  PacketTimes times{input.time_stamps()};
  TimeStamps& stamps = times.stamps;
  ffmpeg::Packet packet = ffmpeg::new_packet();
  while (input.next(*packet)) {
    if (static_cast<int64_t>(stamps.begins.size()) >= limits.frames)
      throw base::Error("{}: has more frames than the limit of {}", input.name(), limits.frames);
    if (packet->flags & AV_PKT_FLAG_DISCARD) continue;
    times.all_known = times.all_known && packet->pts != AV_NOPTS_VALUE;
    double begin = packet->pts != AV_NOPTS_VALUE ? input.seconds(packet->pts) : stamps.end;
    stamps.begins.push_back(begin);
    stamps.end = std::max(stamps.end, begin + input.seconds(std::max<int64_t>(packet->duration, 0)));
  }
  std::ranges::sort(stamps.begins);  // packets come in the order of decoding
  return times;
}

/// FFmpeg 7 makes a packet of the comments at the end of a GIF, too.
bool is_gif(const Input& input) { return input.parameters().codec_id == AV_CODEC_ID_GIF; }

/// What the file announces beyond its last frame, in seconds. Two frames more are no sign: containers round, and may not tell how long the
/// last is.
double declared_beyond(const Input& input, const TimeStamps& stamps) {
  if (input.is_image() || stamps.begins.empty()) return 0;
  const double lasts = stamps.end - stamps.begins.front(), missing = input.declared_seconds() - lasts;
  return missing * static_cast<double>(stamps.begins.size()) > 2 * lasts ? missing : 0;
}

/// When the frames are shown that decoding gives. Packets tell that, except those of a file that is cut off: of its last ones, some need
/// others that are missing.
TimeStamps times_of(const Source& file, Input& input, const ReadLimits& limits, bool must_be_known) {
  PacketTimes times = packet_times(input, limits);
  const bool is_cut = declared_beyond(input, times.stamps) > 0;
  return is_gif(input) || is_cut || (must_be_known && !times.all_known) ? decoded_times(file, limits) : std::move(times.stamps);
}

}  // namespace

Clip read_clip(const Source& file, const ReadLimits& limits) {
  FrameList list(file.name(), limits);
  FrameReceiver receiver(file.name(), limits, [&](const MakeFrame& make, double) {
    list.add(make());
    return true;
  });
  decode(file, limits, receiver);
  int64_t most = std::min(limits.frames, limits.clip_bytes / std::max<int64_t>(list.frames[0].numel(), 1));
  Timing timing = timing_of(file, receiver.stamps, most);
  std::vector<Tensor> shown;
  for (int64_t index : timing.source_index) shown.push_back(list.frames[index]);
  return {at::stack(shown), timing.fps};
}

void read_frames(const Source& file, const Wanted& wanted, const std::function<void(const Tensor&)>& next, const ReadLimits& limits) {
  constexpr double same = 1e-6;  // seconds
  TimeStamps stamps;
  if (is_webp(file) || is_heif(file)) {
    stamps = decoded_times(file, limits);
  } else {
    Input input(file, limits);
    stamps = times_of(file, input, limits, /*must_be_known=*/true);
  }
  Timing timing = timing_of(file, stamps, limits.frames);
  if (wanted.fps) timing = at_rate(timing, *wanted.fps);
  int64_t place = std::max<int64_t>(0, wanted.begin);
  const int64_t end = std::min(wanted.end, static_cast<int64_t>(timing.source_index.size()));
  if (place >= end) return;
  auto begins_at = [&](int64_t at) { return stamps.begins[static_cast<size_t>(timing.source_index[static_cast<size_t>(at)])]; };
  Tensor shown;  // at the place before
  FrameReceiver receiver(file.name(), limits, [&](const MakeFrame& make, double begin) {
    Tensor frame;
    while (place < end && begins_at(place) <= begin + same) {
      const bool is_lost = begins_at(place) < begin - same && shown.defined();  // the frame that should be shown was damaged
      if (!is_lost) {
        if (!frame.defined()) frame = wanted.height > 0 ? fit(make(), wanted.height, wanted.width) : make();
        shown = frame;
      }
      next(shown);
      ++place;
    }
    return place < end;
  });
  decode(file, limits, receiver);
}

Tensor read_frames(const std::filesystem::path& path, const Wanted& wanted, const ReadLimits& limits) {
  FrameList list(path.string(), limits);
  read_frames(
      path, wanted, [&](const Tensor& frame) { list.add(frame); }, limits);
  return list.frames.empty() ? at::empty({0, wanted.height, wanted.width, 3}, at::kByte) : at::stack(list.frames);
}

double bytes_to_read(const Probe& file) {
  constexpr double decoder = 8 * 1.5, conversion = 18;  // bytes a pixel: the frames that decoders keep, and RGB in fp32 while it is fitted
  return static_cast<double>(file.width * file.height) * (decoder + conversion);
}

Tensor read_image(const Source& file, const ReadLimits& limits) {
  Tensor first;
  FrameReceiver receiver(file.name(), limits, [&](const MakeFrame& make, double) {
    first = make();
    return false;
  });
  decode(file, limits, receiver);
  return first;
}

Probe probe(const Source& file, const ReadLimits& limits) {
  if (is_webp(file)) return probe_webp(file, limits);
  if (is_heif(file)) return probe_heif(file, limits);
  Input input(file, limits);
  TimeStamps stamps = times_of(file, input, limits, /*must_be_known=*/false);
  Timing timing = timing_of(file, stamps, limits.frames);
  Orientation shape = orientation(input, nullptr, limits);
  return {.container = input.container()->iformat->name,
          .codec = avcodec_get_name(input.parameters().codec_id),
          .width = shape.final_width(),
          .height = shape.final_height(),
          .frames = stamps.begins.empty() ? 0 : static_cast<int64_t>(timing.source_index.size()),
          .fps = timing.fps,
          .hdr = is_hdr(input.parameters().color_trc),
          .sound = sound_codec(input),
          .missing_seconds = declared_beyond(input, stamps)};
}

}  // namespace zoetrope::media
