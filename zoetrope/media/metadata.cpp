#include "zoetrope/media/metadata.h"

#include "zoetrope/media/file_decoder.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/metadata_blocks.h"

namespace zoetrope::media {
namespace {

std::optional<std::string> from_container(const Source& file) try {
  return container_tag(Input(file, {}), metadata_key);
} catch (const base::Error&) {
  return std::nullopt;  // not a container that FFmpeg reads: it holds nothing of ours
}

}  // namespace

std::optional<std::string> read_metadata(const Source& file) {
  const std::string start = file.start(12);
  if (start.starts_with("\x89PNG")) return png_text(file.whole());
  if (start.starts_with("\xff\xd8")) return jpeg_comment(file.whole());
  if (start.starts_with("GIF8")) return gif_comment(file.whole());
  if (start.starts_with("RIFF") && start.ends_with("WEBP")) {
    const std::string webp = file.whole();
    std::optional<std::string_view> packet = webp_xmp(webp);
    return packet ? xmp_text(*packet) : std::nullopt;
  }
  return from_container(file);
}

}  // namespace zoetrope::media
