#include "zoetrope/serving/http/url.h"

#include <algorithm>

#include <fmt/format.h>

namespace zoetrope::serving::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The pieces of a text between its separators, empty ones as well.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == text.npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> query_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::optional<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const size_t mark = text.find('?');
  const std::string_view path = text.substr(0, mark), query = mark == text.npos ? "" : text.substr(mark + 1);
  Target target;
  if (path != "/")
    for (std::string_view piece : split(path.substr(1), '/')) {
      auto segment = percent_decoded(piece);
      if (!segment) return std::nullopt;
      target.path += "/" + *segment;
      target.segments.push_back(std::move(*segment));
    }
  if (target.path.empty()) target.path = "/";
  if (!query.empty())
    for (std::string_view piece : split(query, '&')) {
      const size_t equals = piece.find('=');
      auto name = query_decoded(piece.substr(0, equals)), value = query_decoded(equals == piece.npos ? "" : piece.substr(equals + 1));
      if (!name || !value) return std::nullopt;
      if (!name->empty()) target.query[*name] = std::move(*value);
    }
  return target;
}

}  // namespace zoetrope::serving::http
