#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace zoetrope::serving::http {

/// Bytes of a file, from the first to before the last.
struct ByteRange {
  int64_t begin = 0, end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// What a Range header (RFC 9110, section 14) asks of a file of `size` bytes. Several ranges, other units and malformed ones are passed
/// over: the whole file is the answer to them.
struct RangeAnswer {
  std::optional<ByteRange> range = {};  // that part; the whole file if unset
  bool is_beyond = false;               // the file does not have it (416)
};
RangeAnswer parse_range(std::string_view header, int64_t size);

}  // namespace zoetrope::serving::http
