#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::media {

// Where each format that FFmpeg cannot tag keeps a text, written and read. The readers take any bytes: what is malformed holds no text.

/// PNG: an uncompressed iTXt chunk behind the header (PNG specification, 11.3.4.5), under a keyword: our own, or one of these two.
inline constexpr std::string_view png_comment_keyword = "Comment", png_xmp_keyword = "XML:com.adobe.xmp";
std::string with_png_text(std::string_view png, std::string_view keyword, std::string_view text);
std::optional<std::string> png_text(std::string_view png, std::string_view keyword);

/// JPEG: comment segments behind the start of the image, as many as the text needs (ITU T.81, B.2.4.5); and an XMP packet of at most
/// 65,502 bytes (XMP specification, part 3).
std::string with_jpeg_comment(std::string_view jpeg, std::string_view text);
std::optional<std::string> jpeg_comment(std::string_view jpeg);
std::string with_jpeg_xmp(std::string_view jpeg, std::string_view packet);
std::optional<std::string_view> jpeg_xmp(std::string_view jpeg);

/// GIF: a comment extension (GIF89a, 24) before the end of the finished file at `path`.
void append_gif_comment(const std::filesystem::path& path, std::string_view text);
std::optional<std::string> gif_comment(std::string_view gif);

/// An XMP packet (Adobe XMP, part 1) with a text for each property; empty ones are left out, and without any the packet is empty.
inline constexpr std::string_view xmp_request = "zoetrope:request", xmp_aigc = "TC260:AIGC";
std::string xmp_packet(std::string_view request, std::string_view aigc);
std::optional<std::string> xmp_property(std::string_view packet, std::string_view name);
/// The XMP chunk of a WebP file, or nothing.
std::optional<std::string_view> webp_xmp(std::string_view webp);

}  // namespace zoetrope::media
