#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/media/coded_sound.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {

/// How the sound of a file is coded, by FFmpeg's name; empty where it has none.
std::string sound_codec(const Input& input);

/// The packets of the sounds of a new video, as they are coded in their files, one after the other. Each file's sound lasts until the next
/// one begins, and silence stands where there is none.
class SoundTrack {
 public:
  /// The sounds begin one after the other, and are coded alike.
  explicit SoundTrack(const std::vector<Sound>& sounds);

  const AVCodecParameters& parameters() const { return inputs_.front()->parameters(); }
  AVRational time_base() const { return {1, std::max(1, parameters().sample_rate)}; }
  /// The next packet that begins before `until` seconds of the new video, with its time there; false if there is none yet, or no more.
  bool next(AVPacket& packet, double until);

 private:
  bool read();

  std::vector<Sound> sounds_;
  std::vector<std::unique_ptr<CodedSound>> inputs_;
  size_t current_ = 0;  // of the sounds
  ffmpeg::Packet waiting_;
  bool has_waiting_ = false;
};

}  // namespace zoetrope::media
