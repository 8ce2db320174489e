#include "zoetrope/base/read_values.h"

namespace zoetrope::base {

std::optional<std::pair<int64_t, int64_t>> read_size(std::string_view text) {
  const size_t by = text.find_first_of("xX*");
  if (by == text.npos) return std::nullopt;
  auto width = read_number<int64_t>(text.substr(0, by)), height = read_number<int64_t>(text.substr(by + 1));
  if (!width || !height || *width <= 0 || *height <= 0) return std::nullopt;
  return {{*width, *height}};
}

}  // namespace zoetrope::base
