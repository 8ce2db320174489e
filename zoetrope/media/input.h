#pragma once
#include "zoetrope/media/ffmpeg.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/source.h"
#include "zoetrope/media/timing.h"

namespace zoetrope::media {

/// A file read by FFmpeg, with its stream of video (or of sound). Only plain containers are let in, and only this one file is read: no
/// playlists, no patterns of names, no network, whatever the bytes or the name say.
class Input {
 public:
  /// The file must outlive it.
  Input(const Source& file, const ReadLimits& limits, AVMediaType kind = AVMEDIA_TYPE_VIDEO);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// The next packet of the stream; false at the end, or where the file is cut off or broken.
  bool next(AVPacket& packet);
  /// A decoder for the video.
  ffmpeg::Codec decoder() const;
  /// Fractions of its time base -> seconds.
  double seconds(int64_t ticks) const { return static_cast<double>(ticks) * av_q2d(stream_->time_base); }
  /// Begins nowhere, with tick and announced rate filled in.
  TimeStamps time_stamps() const;

  /// How many seconds the video lasts by the file's own word; 0 where it does not say.
  double declared_seconds() const;

  /// What the Exif of a PNG or TIFF file says of its orientation, which FFmpeg does not read: 1 (upright) to 8.
  int exif_orientation() const;
  /// Whether the file is one image, which has no rate (FFmpeg gives it one of 25).
  bool is_image() const;
  const AVCodecParameters& parameters() const { return *stream_->codecpar; }
  AVFormatContext* container() const { return container_.get(); }
  AVStream* stream() const { return stream_; }
  /// The file's best stream of a kind, or null.
  AVStream* best_stream(AVMediaType kind) const;
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
    void operator()(AVIOContext* p) const;
  };
  const AVCodec* codec() const;
  static int read(void* self, uint8_t* buffer, int size);
  static int64_t seek(void* self, int64_t offset, int whence);

  const Source& file_;
  std::string name_;
  int64_t at_ = 0;  // where the next bytes are read
  std::unique_ptr<AVIOContext, Close> bytes_;
  std::unique_ptr<AVFormatContext, Close> container_;
  AVStream* stream_ = nullptr;
  bool image_is_read_ = false;
};

/// The value of the tag `key` of the whole file, in any case of letters.
std::optional<std::string> container_tag(const Input& input, const std::string& key);

/// Refuses a frame size beyond the limits.
void check_size(const std::string& name, int64_t width, int64_t height, const ReadLimits& limits);

}  // namespace zoetrope::media
