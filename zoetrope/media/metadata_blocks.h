#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::media {

// Where each format that FFmpeg cannot tag keeps a text, written and read. The readers take any bytes: what is malformed holds no text.

/// PNG: an uncompressed iTXt chunk behind the header (PNG specification, 11.3.4.5).
std::string with_png_text(std::string_view png, std::string_view text);
std::optional<std::string> png_text(std::string_view png);

/// JPEG: comment segments behind the start of the image, as many as the text needs (ITU T.81, B.2.4.5).
std::string with_jpeg_comment(std::string_view jpeg, std::string_view text);
std::optional<std::string> jpeg_comment(std::string_view jpeg);

/// GIF: a comment extension (GIF89a, 24) before the end of the finished file at `path`.
void append_gif_comment(const std::filesystem::path& path, std::string_view text);
std::optional<std::string> gif_comment(std::string_view gif);

/// WebP: an XMP packet (Adobe XMP, part 1) with one property of our own.
std::string xmp_packet(std::string_view text);
std::optional<std::string> xmp_text(std::string_view packet);
/// The XMP chunk of a WebP file, or nothing.
std::optional<std::string_view> webp_xmp(std::string_view webp);

}  // namespace zoetrope::media
