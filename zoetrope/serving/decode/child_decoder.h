#pragma once
#include <map>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <vector>

#include "zoetrope/media/file_decoder.h"

namespace zoetrope::serving {

struct DecodeTask;

/// What a child that reads a file may use.
struct DecodeLimits {
  int64_t bytes = int64_t{4} << 30;  // of memory, beyond what every such process has
  double seconds = 900;              // of a processor, for the frames or the sound of a file
  double probe_seconds = 60;         // for a look at what it is
};

/// Has each file opened by a child made for it, which can do nothing but read it and answer (`Confinement`). A file that breaks its reader,
/// or takes too long or too much memory, costs a `base::Error` with a sentence. May be used by several threads.
class ChildDecoder : public media::FileDecoder {
 public:
  /// `command`: the program that runs `run_decode_process` on its descriptor 0, and its words. It is started now.
  explicit ChildDecoder(std::vector<std::string> command, const DecodeLimits& limits = {});
  /// That of this program itself.
  explicit ChildDecoder(const DecodeLimits& limits = {}) : ChildDecoder({"/proc/self/exe", "decode"}, limits) {}
  ~ChildDecoder() override;

  media::Probe probe(const std::filesystem::path& path, const media::ReadLimits& limits) override;
  void read_frames(const std::filesystem::path& path, const media::Wanted& wanted, const std::function<void(const Tensor&)>& next,
                   const media::ReadLimits& limits) override;
  media::Clip read_clip(const std::filesystem::path& path, const media::ReadLimits& limits) override;
  Tensor read_image(const std::filesystem::path& path, const media::ReadLimits& limits) override;
  std::optional<std::string> read_metadata(const std::filesystem::path& path) override;
  std::unique_ptr<media::CodedSound> open_sound(const std::filesystem::path& path) override;

  /// The process that makes the children, if it runs; for tests.
  pid_t process() const { return process_; }

 private:
  class Answer;
  Answer ask(const std::filesystem::path& path, DecodeTask task);
  void start();
  /// Waits until the process that was started has loaded what it needs.
  void greet();
  void stop();

  std::vector<std::string> command_;
  DecodeLimits limits_;
  std::mutex mutex_;
  int socket_ = -1;
  pid_t process_ = 0;
  bool is_ready_ = false;
  // What files are, by which file it is and what was allowed: a request asks for the same ones again and again.
  std::map<std::string, media::Probe> known_;
};

}  // namespace zoetrope::serving
