#include "zoetrope/media/metadata.h"

#include <fstream>

#include "zoetrope/base/files.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/metadata_blocks.h"

namespace zoetrope::media {
namespace {

std::optional<std::string> from_container(const std::filesystem::path& path) try {
  return container_tag(Input(path, {}), metadata_key);
} catch (const base::Error&) {
  return std::nullopt;  // not a container that FFmpeg reads: it holds nothing of ours
}

}  // namespace

std::optional<std::string> read_metadata(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[12] = {};
  if (!file || std::filesystem::is_directory(path))
    throw base::Error("{}: cannot be read; does it exist, and is it a file?", path.string());
  file.read(bytes, sizeof bytes);
  std::string_view start(bytes, sizeof bytes);
  if (start.starts_with("\x89PNG")) return png_text(base::read_file(path));
  if (start.starts_with("\xff\xd8")) return jpeg_comment(base::read_file(path));
  if (start.starts_with("GIF8")) return gif_comment(base::read_file(path));
  if (start.starts_with("RIFF") && start.substr(8) == "WEBP") {
    std::string webp = base::read_file(path);
    std::optional<std::string_view> packet = webp_xmp(webp);
    return packet ? xmp_text(*packet) : std::nullopt;
  }
  return from_container(path);
}

}  // namespace zoetrope::media
