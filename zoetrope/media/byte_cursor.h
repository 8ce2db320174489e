#pragma once
#include <cstdint>
#include <string_view>

namespace zoetrope::media {

/// A place in bytes of unknown origin. Every step is checked; a step beyond the end makes it empty for good.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  bool ended() const { return rest_.empty(); }
  std::string_view take(size_t count) {
    if (count > rest_.size()) rest_ = {}, count = 0;
    std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  bool skip(std::string_view expected) { return take(expected.size()) == expected; }
  uint8_t byte() {
    std::string_view b = take(1);
    return b.empty() ? 0 : static_cast<uint8_t>(b[0]);
  }
  uint32_t big_endian(int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  uint32_t little_endian(int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= static_cast<uint32_t>(byte()) << 8 * i;
    return value;
  }

 private:
  std::string_view rest_;
};

}  // namespace zoetrope::media
