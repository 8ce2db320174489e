#include "zoetrope/media/video_writer.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/media/suffix.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

struct Format {
  const char* suffix;
  int64_t max_side;
  std::unique_ptr<VideoWriter> (*open)(const WriterSettings&);
};
constexpr Format formats[] = {{".mp4", 8192, open_mp4},    {".mov", 8192, open_mov},  {".mkv", 8192, open_mkv},
                              {".webm", 16384, open_webm}, {".gif", 16384, open_gif}, {".webp", 16383, open_webp}};

const Format* find_format(const std::filesystem::path& path) {
  const Format* found = std::ranges::find(formats, suffix_of(path), &Format::suffix);
  return found == std::end(formats) ? nullptr : found;
}

}  // namespace

bool is_video_path(const std::filesystem::path& path) { return find_format(path) != nullptr; }

std::unique_ptr<VideoWriter> open_writer(const std::filesystem::path& path, int64_t width, int64_t height, Rational fps,
                                         const Metadata& metadata, const std::vector<Sound>& sounds, const Seal& seal) {
  const Format* format = find_format(path);
  if (!format)
    throw base::UsageError("{}: no video format has the suffix '{}'; use .mp4, .mov, .mkv, .webm, .gif or .webp", path.string(),
                           suffix_of(path));
  if (std::min(width, height) < 1 || std::max(width, height) > format->max_side)
    throw base::UsageError("{}: the size {}x{} is not possible in {}; sides must be from 1 to {}", path.string(), width, height,
                           format->suffix, format->max_side);
  constexpr int64_t largest = 1'000'000;  // numerators and denominators that survive every container's arithmetic
  bool sound = fps.numerator > 0 && fps.denominator > 0 && fps.numerator <= largest && fps.denominator <= largest;
  if (!sound || fps.value() < 0.1 || fps.value() > 1000)
    throw base::UsageError("{}: {}/{} frames a second cannot be written; use 0.1 to 1000", path.string(), fps.numerator, fps.denominator);
  if ((metadata.request + metadata.aigc).find('\0') != std::string::npos)
    throw base::UsageError("{}: metadata with a NUL cannot be written", path.string());
  return format->open({path, static_cast<int>(width), static_cast<int>(height), fps, metadata, keep_sounds(path, sounds).sounds, seal});
}

std::map<std::string, std::string> tags_of(const Metadata& m) {
  std::map<std::string, std::string> tags;
  if (!m.request.empty()) tags = {{metadata_key, m.request}, {"comment", m.request}};
  if (!m.aigc.empty()) tags["AIGC"] = m.aigc;
  return tags;
}

void check_tags(const std::filesystem::path& path, const Metadata& m) {
  if (m.request.empty() && m.aigc.empty()) return;
  const CarriedMetadata found = read_carried_metadata(path);
  if (found.request.value_or("") != m.request || found.aigc.value_or("") != m.aigc)
    throw base::Error("{}: this machine's FFmpeg has not written the metadata; leave them out, or write another format", path.string());
}

void write_clip(const std::filesystem::path& path, const Clip& clip, const Metadata& metadata) {
  auto writer = open_writer(path, clip.width(), clip.height(), clip.fps, metadata);
  writer->write(clip.frames);
  writer->finish();
}

void FileWriter::write(const Tensor& frames) {
  bool fits = frames.dim() == 4 && frames.size(1) == settings_.height && frames.size(2) == settings_.width && frames.size(3) == 3;
  if (!fits || frames.scalar_type() != at::kByte)
    throw base::Error("{}: frames must be [n,{},{},3] uint8, got [{}] {}", settings_.path.string(), settings_.height, settings_.width,
                      fmt::join(frames.sizes(), ","), c10::toString(frames.scalar_type()));
  Tensor here = frames.cpu();
  for (int64_t i = 0; i < here.size(0); ++i) add(here[i]);
  frames_ += here.size(0);
}

void FileWriter::finish() {
  if (frames_ == 0) throw base::Error("{}: a video needs at least one frame", settings_.path.string());
  close();
  if (settings_.seal) settings_.seal(temporary());
  file_.commit();
}

}  // namespace zoetrope::media
