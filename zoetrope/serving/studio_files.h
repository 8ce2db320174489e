#pragma once
#include <string_view>
#include <vector>

namespace zoetrope::serving {

/// A file of the web page (the folder studio/), which the program carries in itself.
struct StudioFile {
  std::string_view name;  // "index.html"
  std::string_view text;
};
/// All of them. The build writes their table (cmake/studio.cmake).
const std::vector<StudioFile>& studio_files();

}  // namespace zoetrope::serving
