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
#include "zoetrope/provenance/frame_marker.h"
#include "zoetrope/provenance/seal.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

Tensor to_bytes(const Tensor& unit) { return unit.mul(255).round().to(at::kByte); }

class VideoFile : public FrameSink {
 public:
  VideoFile(const std::filesystem::path& path, const OutputShape& shape, const std::string& request, const provenance::Marks& marks)
      : marker_(marks, request, shape.width, shape.height, shape.fps.value()) {
    const media::Seal seal = provenance::seal_for(marks, path);
    writer_ = media::open_writer(path, shape.width, shape.height, shape.fps, marker_.metadata(seal != nullptr), shape.sounds, seal);
  }
  void frames(const Tensor& frames, const Tensor& generated) override { writer_->write(marker_.mark(to_bytes(frames), generated)); }
  void finish() override { writer_->finish(); }

 private:
  provenance::FrameMarker marker_;
  std::unique_ptr<media::VideoWriter> writer_;
};

class ImageFile : public CollectingSink {
 public:
  ImageFile(std::filesystem::path path, std::string request, const provenance::Marks& marks)
      : path_(std::move(path)), request_(std::move(request)), marks_(marks), seal_(provenance::seal_for(marks, path_)) {}
  void frames(const Tensor& frames, const Tensor& generated) override {
    CollectingSink::frames(to_bytes(frames));  // a quarter of the memory
    generated_.push_back(generated.defined() ? generated.mul(255).to(at::kByte) : at::full(frames.sizes().slice(0, 3), 255, at::kByte));
  }
  void finish() override {
    const Tensor image = as_image(CollectingSink::frames()),
                 generated = as_image(at::cat(generated_).unsqueeze(-1).expand({-1, -1, -1, 3})).select(-1, 0).to(at::kFloat).div(255);
    provenance::FrameMarker marker(marks_, request_, image.size(1), image.size(0), /*fps=*/1);
    const Tensor marked = marker.mark(image.unsqueeze(0), generated.unsqueeze(0))[0];
    media::write_image(path_, marked, marker.metadata(seal_ != nullptr), seal_);
  }

 private:
  static Tensor as_image(const Tensor& frames) { return frames.size(0) == 1 ? frames[0] : media::contact_sheet({frames, {}}); }

  std::filesystem::path path_;
  std::string request_;
  provenance::Marks marks_;
  media::Seal seal_;
  std::vector<Tensor> generated_;  // [n,H,W] uint8, 255 where all of a pixel was made
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

std::vector<Notice> mark_notices(const std::filesystem::path& path, const provenance::Marks& marks) {
  const std::string reason = provenance::no_seal_reason(marks, path);
  return reason.empty() ? std::vector<Notice>() : std::vector<Notice>{{reason}};
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
  if (media::is_image_path(path)) return std::make_unique<ImageFile>(path, request, marks);
  return std::make_unique<VideoFile>(path, shape, request, marks);
}

}  // namespace zoetrope::generation
