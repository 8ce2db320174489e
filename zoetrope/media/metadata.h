#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace zoetrope::media {

/// The key under which our files carry their request: tag of MP4 and WebM, keyword of PNG, first word of JPEG and GIF comments,
/// element of the XMP of WebP.
inline constexpr char metadata_key[] = "zoetrope";

/// The text that our writers stored in the file `path`, or nothing when there is none, or when the file is of another kind or broken.
/// A file that cannot be opened is an error.
std::optional<std::string> read_metadata(const std::filesystem::path& path);

}  // namespace zoetrope::media
