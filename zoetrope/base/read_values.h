#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace zoetrope::base {

// Values as people and programs write them. What cannot be read is nothing: the caller knows what to call it in an error.

/// A number that is the whole text, as `std::from_chars` reads it: without spaces, signs of plus and words of a language.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Width and height above 0, "128x96"; Wan's spelling "128*96" as well.
std::optional<std::pair<int64_t, int64_t>> read_size(std::string_view text);

}  // namespace zoetrope::base
