#include "zoetrope/generation/output_file.h"

#include <algorithm>
#include <fstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/suffix.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

Tensor to_bytes(const Tensor& unit) { return unit.mul(255).round().to(at::kByte); }

class VideoFile : public FrameSink {
 public:
  explicit VideoFile(std::unique_ptr<media::VideoWriter> writer) : writer_(std::move(writer)) {}
  void frames(const Tensor& frames) override { writer_->write(to_bytes(frames)); }
  void finish() override { writer_->finish(); }

 private:
  std::unique_ptr<media::VideoWriter> writer_;
};

class ImageFile : public CollectingSink {
 public:
  ImageFile(std::filesystem::path path, media::Metadata metadata) : path_(std::move(path)), metadata_(std::move(metadata)) {}
  void frames(const Tensor& frames) override { CollectingSink::frames(to_bytes(frames)); }  // a quarter of the memory
  void finish() override {
    Tensor all = CollectingSink::frames();
    media::write_image(path_, all.size(0) == 1 ? all[0] : media::contact_sheet({all, {}}), metadata_);
  }

 private:
  std::filesystem::path path_;
  media::Metadata metadata_;
};

class TensorFile : public CollectingSink {
 public:
  TensorFile(std::filesystem::path path, std::string request) : path_(std::move(path)), request_(std::move(request)) {}
  void finish() override {
    tensor::write_safetensors(path_, {{"frames", CollectingSink::frames()}, {"latents", CollectingSink::latents()}},
                              {{media::metadata_key, request_}});
  }

 private:
  std::filesystem::path path_;
  std::string request_;
};

}  // namespace

void check_output(const std::filesystem::path& path) {
  if (!media::is_video_path(path) && !media::is_image_path(path) && media::suffix_of(path) != ".safetensors")
    throw base::UsageError("'{}' has no suffix that can be written: use .mp4, .mov, .mkv, .webm, .gif, .webp, .png, .jpg or .safetensors",
                           path.string());
}

std::optional<std::string> read_carried_request(const std::filesystem::path& path) {
  if (media::suffix_of(path) != ".safetensors") return media::read_metadata(path);
  tensor::SafetensorsFile file(path);
  auto found = file.metadata().find(media::metadata_key);
  return found == file.metadata().end() ? std::nullopt : std::optional(found->second);
}

std::vector<media::Sound> sounds_of(const Request& r) {
  std::vector<media::Sound> sounds;
  int64_t first = 0;  // frame of the result
  for (const Condition& c : r.conditions) first = std::min(first, c.frame_index);
  for (const Condition& c : r.conditions)
    if (r.sound && !media::probe(c.media).sound.empty())
      sounds.push_back({c.media, static_cast<double>(c.frame_index - first) / r.fps.value()});
  return sounds;
}

std::vector<Notice> sound_notices(const std::filesystem::path& path, const Request& request) {
  const media::KeptSounds kept = media::keep_sounds(path, sounds_of(request));
  std::vector<Notice> notices;
  for (const std::string& left_out : kept.left_out) notices.push_back({left_out, /*is_warning=*/true});
  for (const media::Sound& sound : kept.sounds)
    notices.push_back({fmt::format("the sound of '{}' is kept", sound.file.filename().string())});
  return notices;
}

bool is_own_file(const std::filesystem::path& path) try {
  if (media::suffix_of(path) == ".safetensors") {
    const auto metadata = tensor::SafetensorsFile(path).metadata();
    return std::ranges::any_of(metadata, [](const auto& entry) { return entry.first.starts_with(media::metadata_key); });
  }
  std::ifstream file(path, std::ios::binary);
  std::string start(size_t{256}, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start.find(base::html_mark) != std::string::npos || start.starts_with(base::text_mark)) return true;
  return media::read_metadata(path).has_value();
} catch (const base::Error&) {
  return false;
}

std::unique_ptr<FrameSink> open_output(const std::filesystem::path& path, const OutputShape& shape, const std::string& request,
                                       const provenance::Marks& marks) {
  check_output(path);
  base::AtomicFile writable(path);  // finds out now, not after the work, that a folder cannot be written to
  if (media::suffix_of(path) == ".safetensors") return std::make_unique<TensorFile>(path, request);
  const media::Metadata metadata = provenance::metadata_of(marks, request);
  if (media::is_image_path(path)) return std::make_unique<ImageFile>(path, metadata);
  return std::make_unique<VideoFile>(media::open_writer(path, shape.width, shape.height, shape.fps, metadata, shape.sounds));
}

}  // namespace zoetrope::generation
