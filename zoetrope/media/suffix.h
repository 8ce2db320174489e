#pragma once
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace zoetrope::media {

/// The suffix of a path with its dot, in lower case: what decides on formats.
inline std::string suffix_of(const std::filesystem::path& path) {
  std::string suffix = path.extension().string();
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

/// The internet media type of files of a suffix, "video/mp4"; empty for those that are no video or image of ours.
inline std::string_view media_type(std::string_view suffix) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> known{{{".mp4", "video/mp4"},
                                                                                {".mov", "video/quicktime"},
                                                                                {".mkv", "video/x-matroska"},
                                                                                {".webm", "video/webm"},
                                                                                {".gif", "image/gif"},
                                                                                {".webp", "image/webp"},
                                                                                {".png", "image/png"},
                                                                                {".jpg", "image/jpeg"},
                                                                                {".jpeg", "image/jpeg"}}};
  const auto found = std::ranges::find(known, suffix, &std::pair<std::string_view, std::string_view>::first);
  return found == known.end() ? std::string_view() : found->second;
}

}  // namespace zoetrope::media
