#include "zoetrope/base/formats.h"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/files.h"

namespace zoetrope::base {
std::string format_si(double value, const char* unit) {
  if (value < 1000) return fmt::format("{:.0f}{}{}", value, *unit == ' ' ? "" : " ", unit);
  const char* prefix = "kMGT";
  for (value /= 1000; value >= 1000 && prefix[1]; ++prefix) value /= 1000;
  return fmt::format("{:.1f} {}{}", value, *prefix, unit);
}

size_t whole_characters(std::string_view text, size_t most) {
  constexpr int longest = 4;  // bytes of a character; all but its first are 10xxxxxx
  size_t size = std::min(most, text.size());
  for (int back = 1; back < longest && size > 0 && size < text.size() && (text[size] & 0xc0) == 0x80; ++back) --size;
  return size;
}

namespace {

constexpr size_t json_limit = size_t{64} << 20;

Json parse_quietly(const std::string& text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

}  // namespace

std::string as_utf8(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

std::string pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json read_json(const std::filesystem::path& path) {
  static const std::regex no_number(R"((:\s*)(-?Infinity|NaN)\b)");
  const std::string text = read_file(path, json_limit);
  Json json = parse_quietly(text);
  if (json.is_discarded()) json = parse_quietly(std::regex_replace(text, no_number, "$1null"));
  if (!json.is_object()) {
    const std::string kind = wrong_kind(text, path, FileUse::text);
    throw Error("{}: {}", path.string(), kind.empty() ? "is not a JSON object" : kind);
  }
  return json;
}

}  // namespace zoetrope::base
