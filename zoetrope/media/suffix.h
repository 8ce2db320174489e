#pragma once
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

namespace zoetrope::media {

/// The suffix of a path with its dot, in lower case: what decides on formats.
inline std::string suffix_of(const std::filesystem::path& path) {
  std::string suffix = path.extension().string();
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

}  // namespace zoetrope::media
