#include "zoetrope/media/metadata.h"

#include "zoetrope/media/file_decoder.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/metadata_blocks.h"

namespace zoetrope::media {
namespace {

/// A comment is anybody's: ours begin as requests and the program's mark do.
std::optional<std::string> if_ours(std::optional<std::string> comment) {
  if (!comment) return std::nullopt;
  std::string start = comment->substr(0, 40);
  std::erase(start, ' ');
  const bool ours = start.starts_with(R"({"schema":"zoetrope/)") || start.starts_with(R"({"program":"zoetrope)");
  return ours ? comment : std::nullopt;
}

CarriedMetadata from_container(const Source& file) try {
  const Input input(file, {});
  return {container_tag(input, metadata_key), if_ours(container_tag(input, "comment")), container_tag(input, "AIGC")};
} catch (const base::Error&) {
  return {};  // not a container that FFmpeg reads: it holds nothing of ours
}

std::optional<std::string> aigc_of(std::optional<std::string_view> packet) {
  return packet ? xmp_property(*packet, xmp_aigc) : std::nullopt;
}

}  // namespace

CarriedMetadata read_carried_metadata(const Source& file) {
  const std::string start = file.start(12);
  if (start.starts_with("\x89PNG")) {
    const std::string png = file.whole();
    return {png_text(png, metadata_key), if_ours(png_text(png, png_comment_keyword)), aigc_of(png_text(png, png_xmp_keyword))};
  }
  if (start.starts_with("\xff\xd8")) {
    const std::string jpeg = file.whole();
    const std::optional<std::string> comment = jpeg_comment(jpeg);
    return {comment, comment, aigc_of(jpeg_xmp(jpeg))};
  }
  if (start.starts_with("GIF8")) {
    const std::optional<std::string> comment = gif_comment(file.whole());
    return {comment, comment, std::nullopt};
  }
  if (start.starts_with("RIFF") && start.ends_with("WEBP")) {
    const std::string webp = file.whole();
    const std::optional<std::string_view> packet = webp_xmp(webp);
    const std::optional<std::string> request = packet ? xmp_property(*packet, xmp_request) : std::nullopt;
    return {request, request, aigc_of(packet)};
  }
  return from_container(file);
}

CarriedMetadata read_carried_metadata(const std::filesystem::path& path) { return read_carried_metadata(Source(path)); }

std::optional<std::string> read_metadata(const Source& file) { return read_carried_metadata(file).either(); }

}  // namespace zoetrope::media
