#include "zoetrope/serving/http/byte_range.h"

#include <algorithm>

#include "zoetrope/base/read_values.h"

namespace zoetrope::serving::http {
namespace {

/// A whole number from 0; nothing if it is none.
std::optional<int64_t> position(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  return base::read_number<int64_t>(text);
}

}  // namespace

RangeAnswer parse_range(std::string_view header, int64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return {};
  header.remove_prefix(unit.size());
  const size_t dash = header.find('-');
  if (dash == header.npos || header.find(',') != header.npos) return {};
  const std::string_view left = header.substr(0, dash), right = header.substr(dash + 1);
  const auto first = position(left), last = position(right);
  if (left.empty()) {  // the last so many bytes
    if (!last) return {};
    if (*last == 0 || size == 0) return {.is_beyond = true};
    return {.range = ByteRange{std::max<int64_t>(0, size - *last), size}};
  }
  if (!first || (!right.empty() && (!last || *last < *first))) return {};
  if (*first >= size) return {.is_beyond = true};
  return {.range = ByteRange{*first, right.empty() ? size : std::min(*last, size - 1) + 1}};
}

}  // namespace zoetrope::serving::http
