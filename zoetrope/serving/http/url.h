#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::serving::http {

/// "%E4%BD%A0" -> the bytes that it stands for (RFC 3986); nothing where a `%` has no two digits behind it, or where one stands for NUL.
std::optional<std::string> percent_decoded(std::string_view text);
/// Anything -> what may stand in a path or a header.
std::string percent_encoded(std::string_view text);

/// What a request asks for: "/v1/videos?limit=2".
struct Target {
  std::string path;                          // decoded
  std::vector<std::string> segments;         // each decoded; of "/" none
  std::map<std::string, std::string> query;  // decoded, `+` is a space; the last one of each name
};
/// Nothing if it does not begin with a slash or cannot be decoded.
std::optional<Target> parse_target(std::string_view text);

}  // namespace zoetrope::serving::http
