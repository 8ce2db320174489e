#include "zoetrope/media/file_decoder.h"

#include "zoetrope/media/image.h"
#include "zoetrope/media/metadata.h"

namespace zoetrope::media {
namespace {

/// Decodes in this process.
class HereDecoder : public FileDecoder {
 public:
  Probe probe(const std::filesystem::path& path, const ReadLimits& limits) override { return media::probe(Source(path), limits); }
  void read_frames(const std::filesystem::path& path, const Wanted& wanted, const std::function<void(const Tensor&)>& next,
                   const ReadLimits& limits) override {
    media::read_frames(Source(path), wanted, next, limits);
  }
  Clip read_clip(const std::filesystem::path& path, const ReadLimits& limits) override { return media::read_clip(Source(path), limits); }
  Tensor read_image(const std::filesystem::path& path, const ReadLimits& limits) override {
    return media::read_image(Source(path), limits);
  }
  std::optional<std::string> read_metadata(const std::filesystem::path& path) override { return media::read_metadata(Source(path)); }
  std::unique_ptr<CodedSound> open_sound(const std::filesystem::path& path) override {
    return media::open_sound(std::make_unique<Source>(path));
  }
};

std::shared_ptr<FileDecoder>& chosen() {
  static std::shared_ptr<FileDecoder> decoder = std::make_shared<HereDecoder>();
  return decoder;
}

}  // namespace

FileDecoder& file_decoder() { return *chosen(); }

void set_file_decoder(std::shared_ptr<FileDecoder> decoder) { chosen() = decoder ? std::move(decoder) : std::make_shared<HereDecoder>(); }

Probe probe(const std::filesystem::path& path, const ReadLimits& limits) { return file_decoder().probe(path, limits); }

void read_frames(const std::filesystem::path& path, const Wanted& wanted, const std::function<void(const Tensor&)>& next,
                 const ReadLimits& limits) {
  file_decoder().read_frames(path, wanted, next, limits);
}

Clip read_clip(const std::filesystem::path& path, const ReadLimits& limits) { return file_decoder().read_clip(path, limits); }

Tensor read_image(const std::filesystem::path& path) { return file_decoder().read_image(path, {}); }

std::optional<std::string> read_metadata(const std::filesystem::path& path) { return file_decoder().read_metadata(path); }

}  // namespace zoetrope::media
