#pragma once
#include <map>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {

/// What every format is told; `open_writer` has checked it.
struct WriterSettings {
  std::filesystem::path path;
  int width = 0, height = 0;
  Rational fps;
  Metadata metadata;
  std::vector<Sound> sounds = {};  // that the format can have
  Seal seal = {};
};

/// The part that all formats share: checks the frames, counts them, puts the file in place at the end.
class FileWriter : public VideoWriter {
 public:
  explicit FileWriter(const WriterSettings& settings) : settings_(settings), file_(settings.path) {}
  void write(const Tensor& frames) final;
  void finish() final;

 protected:
  virtual void add(const Tensor& frame) = 0;  // [H,W,3] uint8
  virtual void close() = 0;                   // the file at `temporary()` is complete afterwards
  const std::filesystem::path& temporary() const { return file_.temporary(); }
  const WriterSettings& settings() const { return settings_; }

 private:
  WriterSettings settings_;
  base::AtomicFile file_;
  int64_t frames_ = 0;
};

/// Metadata as the tags of a container, and the proof that the file at `path` holds them: an error where this machine's FFmpeg lost one.
std::map<std::string, std::string> tags_of(const Metadata& metadata);
void check_tags(const std::filesystem::path& path, const Metadata& metadata);

// One file a format.
std::unique_ptr<VideoWriter> open_mp4(const WriterSettings& settings);
std::unique_ptr<VideoWriter> open_mov(const WriterSettings& settings);
std::unique_ptr<VideoWriter> open_mkv(const WriterSettings& settings);
std::unique_ptr<VideoWriter> open_webm(const WriterSettings& settings);
std::unique_ptr<VideoWriter> open_gif(const WriterSettings& settings);
std::unique_ptr<VideoWriter> open_webp(const WriterSettings& settings);

}  // namespace zoetrope::media
