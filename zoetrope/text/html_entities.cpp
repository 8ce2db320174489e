#include "zoetrope/text/html_entities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include <unicode/utf8.h>

namespace zoetrope::text {
namespace {

std::string utf8(uint32_t code) {
  std::array<char, 4> bytes;
  size_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, code);
  return {bytes.data(), length};
}

/// Cuts `text` at each of `marks` and hands the non-empty pieces to `take`.
void split(std::string_view text, std::string_view marks, const std::function<void(std::string_view)>& take) {
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of(marks), text.size());
    if (end > 0) take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Names to the characters they stand for; "amp;" and, where HTML allows it, "amp".
using Names = std::unordered_map<std::string, std::string>;

Names read_names() {
  Names names;
  split(html_entity_table, " \n", [&](std::string_view entry) {
    size_t equals = entry.find('=');
    std::string characters;
    split(entry.substr(0, equals), "_", [&](std::string_view digits) {
      uint32_t code = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      characters += utf8(code);
    });
    split(entry.substr(equals + 1), ",", [&](std::string_view name) { names[std::string(name) + ';'] = characters; });
  });
  split(html_bare_entity_names, " \n", [&](std::string_view name) { names[std::string(name)] = names.at(std::string(name) + ';'); });
  return names;
}

/// A reference at the start of a text: how many bytes it takes, and what it stands for.
struct Reference {
  size_t length;
  std::string characters;
};

/// "amp;", "amp" or, of a longer word, "amp" alone.
std::optional<Reference> named(std::string_view text) {
  static const Names names = read_names();
  constexpr size_t longest = 32;  // "CounterClockwiseContourIntegral;"
  auto is_letter = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  auto length = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin());
  if (length < text.size() && text[length] == ';') ++length;
  for (length = std::min(length, longest); length > 1; --length) {
    if (auto found = names.find(std::string(text.substr(0, length))); found != names.end()) return Reference{length, found->second};
  }
  return {};
}

/// What a numbered reference means: 128 to 159 are Windows-1252, what Unicode forbids is dropped or replaced.
std::string character(uint32_t code) {
  static constexpr std::array<uint32_t, 32> windows_1252 = {
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
      0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178};
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') || code == 0x7F;
  bool no_character = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
  if (code == 0 || surrogate || code > 0x10FFFF) return utf8(0xFFFD);
  if (code >= 0x80 && code <= 0x9F) return utf8(windows_1252[code - 0x80]);
  return control || no_character ? "" : utf8(code);
}

/// "#65;", "#x41;", or either without its semicolon.
std::optional<Reference> numbered(std::string_view text) {
  bool hexadecimal = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
  const char* begin = text.data() + (hexadecimal ? 2 : 1);
  const char* end = text.data() + text.size();
  uint32_t code = 0;
  auto [stop, failed] = std::from_chars(begin, end, code, hexadecimal ? 16 : 10);
  if (stop == begin) return {};
  auto length = static_cast<size_t>(stop - text.data()) + (stop != end && *stop == ';' ? 1 : 0);
  return Reference{length, character(failed == std::errc() ? code : 0)};  // a number beyond 32 bits is as wrong as 0
}

}  // namespace

std::string unescape_html(std::string_view text, References which) {
  std::string out;
  while (!text.empty()) {
    size_t ampersand = std::min(text.find('&'), text.size());
    out += text.substr(0, ampersand);
    text.remove_prefix(ampersand);
    if (text.empty()) break;
    text.remove_prefix(1);
    auto reference = text.starts_with('#') ? numbered(text) : named(text);
    if (reference && (which == References::all || text[reference->length - 1] == ';')) {
      out += reference->characters;
      text.remove_prefix(reference->length);
    } else {
      out += '&';
    }
  }
  return out;
}

}  // namespace zoetrope::text
