#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"

struct AVCodecParameters;
struct AVPacket;

namespace zoetrope::media {

/// The sound of a file, packet by packet, as it is coded there.
class CodedSound {
 public:
  virtual ~CodedSound() = default;
  virtual const AVCodecParameters& parameters() const = 0;
  /// Seconds of a tick of its packets' times, as numerator and denominator.
  virtual std::pair<int, int> tick() const = 0;
  /// The seconds at which the file's picture begins, by the file's clock.
  virtual double begin_of_picture() const = 0;
  virtual bool next(AVPacket& packet) = 0;
};

/// A packet on its way from one process to another.
struct SoundPacket {
  int64_t time, duration;  // in ticks
  std::string bytes;
};

// A sound travels as how it is coded, what its decoder must know first, and its packets.
base::Json sound_to_json(const CodedSound& sound);
std::string extradata_of(const CodedSound& sound);
/// Hands on what is left of its packets.
void each_packet(CodedSound& sound, const std::function<void(const SoundPacket&)>& next);
/// The sound again. Values that no sound can have are an error.
std::unique_ptr<CodedSound> sound_from_json(const base::Json& json, const std::string& extradata, std::vector<SoundPacket> packets);

}  // namespace zoetrope::media
