#include "zoetrope/serving/http/message.h"

#include <algorithm>

namespace zoetrope::serving::http {
namespace {

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letters(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lowered, lowered); }

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_letters(key, name)) return value;
  return {};
}

std::string Request::content_type() const {
  std::string_view value = header("content-type");
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  std::string kind(value);
  std::ranges::transform(kind, kind.begin(), lowered);
  return kind;
}

}  // namespace zoetrope::serving::http
