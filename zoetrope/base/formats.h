#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "zoetrope/base/error.h"
#include "zoetrope/base/json.h"

namespace zoetrope::base {

/// 24576000 of "B" -> "24.6 MB"; 1234567 of " parameters" -> "1.2 M parameters".
std::string format_si(double value, const char* unit);

/// How many bytes of a UTF-8 text are kept where no more than `most` may be, and no character is cut. A text that is not UTF-8 is cut
/// anywhere.
size_t whole_characters(std::string_view text, size_t most);

/// The text as UTF-8: bytes that are none, as names of files may have them, become the replacement character U+FFFD.
std::string as_utf8(const std::string& text);

/// JSON as a person reads it, over several lines; texts in it that are not UTF-8 as above.
std::string pretty(const Json& json);

/// The JSON object in a file. -Infinity, Infinity and NaN, which Python writes and JSON has not, are null. Error where there is no object.
Json read_json(const std::filesystem::path& path);

/// What `Config::from_json` makes of the object in a file; a value that is missing or of the wrong type is an error that names the file.
template <class Config>
Config read_json_as(const std::filesystem::path& path) {
  Json json = read_json(path);
  try {
    return Config::from_json(json);
  } catch (const Json::exception& wrong) {
    throw Error("{}: a value is missing or of the wrong type: {}", path.string(), wrong.what());
  }
}

}  // namespace zoetrope::base
