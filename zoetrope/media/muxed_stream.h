#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "zoetrope/media/clip.h"
#include "zoetrope/media/pixel_convert.h"

namespace zoetrope::media {

/// One encoder and one container, by FFmpeg's names and options.
struct StreamSettings {
  std::string container, codec;
  std::map<std::string, std::string> codec_options, container_options, tags;
  PixelLayout pixels;
  Rational fps;
};

/// A file with one stream of video. The same frames give the same bytes: nothing of time, chance or the number of processors
/// goes into the file.
class MuxedStream {
 public:
  MuxedStream(const std::filesystem::path& file, const StreamSettings& settings);

  /// Encodes one frame, which gets the next time stamp.
  void write(AVFrame& frame);
  /// Ends the stream and closes the file.
  void finish();

 private:
  void encode(AVFrame* frame);
  void open_encoder(const StreamSettings& settings);

  struct Close {
    void operator()(AVFormatContext* container) const;
  };
  std::string name_;
  std::unique_ptr<AVFormatContext, Close> container_;
  ffmpeg::Codec encoder_;
  ffmpeg::Packet packet_;
  int64_t frames_ = 0;
};

}  // namespace zoetrope::media
