#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "zoetrope/media/clip.h"
#include "zoetrope/media/pixel_convert.h"
#include "zoetrope/media/sound.h"

namespace zoetrope::media {

/// One encoder and one container, by FFmpeg's names and options.
struct StreamSettings {
  std::string container, codec;
  std::map<std::string, std::string> codec_options, container_options, tags;
  PixelLayout pixels;
  Rational fps;
  std::vector<Sound> sounds = {};
};

/// A file with a stream of video, and one of sound where there is any. The same frames give the same bytes: nothing of time, chance or the
/// number of processors goes into the file.
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
  void add_sound(const std::vector<Sound>& sounds);
  /// Copies the sound up to the frames so far.
  void copy_sound();

  struct Close {
    void operator()(AVFormatContext* container) const;
  };
  std::string name_;
  std::unique_ptr<AVFormatContext, Close> container_;
  ffmpeg::Codec encoder_;
  ffmpeg::Packet packet_;
  std::optional<SoundTrack> sound_;
  int64_t frames_ = 0;
};

}  // namespace zoetrope::media
