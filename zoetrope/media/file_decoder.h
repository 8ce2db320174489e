#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "zoetrope/media/coded_sound.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/source.h"

namespace zoetrope::media {

/// Opens files and reads what is in them. Whoever reads a picture, video or sound by its path (`probe`, `read_frames`, `read_clip`,
/// `read_image`, `read_metadata`, `keep_sounds`) asks the one of this process, so one place decides where files from outside are opened.
class FileDecoder {
 public:
  virtual ~FileDecoder() = default;
  virtual Probe probe(const std::filesystem::path& path, const ReadLimits& limits) = 0;
  virtual void read_frames(const std::filesystem::path& path, const Wanted& wanted, const std::function<void(const Tensor&)>& next,
                           const ReadLimits& limits) = 0;
  virtual Clip read_clip(const std::filesystem::path& path, const ReadLimits& limits) = 0;
  virtual Tensor read_image(const std::filesystem::path& path, const ReadLimits& limits) = 0;
  virtual std::optional<std::string> read_metadata(const std::filesystem::path& path) = 0;
  virtual std::unique_ptr<CodedSound> open_sound(const std::filesystem::path& path) = 0;
};

/// The one of this process. It decodes in the process itself, unless another one was set.
FileDecoder& file_decoder();
/// Null: in the process itself. Set it before other threads read files.
void set_file_decoder(std::shared_ptr<FileDecoder> decoder);

// The same of a file that is open, in this process.
Probe probe(const Source& file, const ReadLimits& limits);
void read_frames(const Source& file, const Wanted& wanted, const std::function<void(const Tensor&)>& next, const ReadLimits& limits);
Clip read_clip(const Source& file, const ReadLimits& limits);
Tensor read_image(const Source& file, const ReadLimits& limits);
CarriedMetadata read_carried_metadata(const Source& file);
std::optional<std::string> read_metadata(const Source& file);
std::unique_ptr<CodedSound> open_sound(std::unique_ptr<Source> file);

}  // namespace zoetrope::media
