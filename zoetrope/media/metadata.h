#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace zoetrope::media {

/// The key under which our files carry their request: tag of MP4 and WebM, keyword of PNG, first word of JPEG and GIF comments,
/// element of the XMP of WebP.
inline constexpr char metadata_key[] = "zoetrope";

/// What a file says of how it was made: texts without NUL, of which empty ones are left out.
struct Metadata {
  Metadata() = default;
  Metadata(const char* made_by) : request(made_by) {}
  Metadata(std::string made_by, std::string label = {}) : request(std::move(made_by)), aigc(std::move(label)) {}

  /// As a rule the request as JSON. It stands under our own key, and in the usual comment of the format: when other programs copy a file,
  /// as a rule that alone survives.
  std::string request;
  /// The label of GB 45438-2025 for generated content, JSON in ASCII: tag `AIGC` of MP4, MOV, MKV and WebM, XMP of PNG, JPEG and WebP.
  /// GIF has no place for it.
  std::string aigc;
};

/// What is done with the finished file at a path before it appears in its place: it may write it anew.
using Seal = std::function<void(const std::filesystem::path& finished)>;

/// What of it a file holds.
struct CarriedMetadata {
  std::optional<std::string> request;  // under our own key
  std::optional<std::string> comment;  // the comment of the format, where our writers wrote it; of WebP, which has none, the same as above
  std::optional<std::string> aigc;

  /// The request under our own key, or else in the comment.
  const std::optional<std::string>& either() const { return request ? request : comment; }
};

/// Reads any file, in this process; one of another kind, or a broken one, holds nothing. A file that cannot be opened is an error.
CarriedMetadata read_carried_metadata(const std::filesystem::path& path);

/// The request alone, under our own key or else in the comment; read by the decoder of this process.
std::optional<std::string> read_metadata(const std::filesystem::path& path);

}  // namespace zoetrope::media
