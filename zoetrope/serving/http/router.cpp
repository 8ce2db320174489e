#include "zoetrope/serving/http/router.h"

#include <algorithm>
#include <limits>

#include <fmt/ranges.h>

#include "zoetrope/base/read_values.h"
#include "zoetrope/serving/http/url.h"

namespace zoetrope::serving::http {
namespace {

const char* error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

bool is_value(const std::string& segment) { return segment.starts_with('{'); }

/// Whether a path has the shape of a pattern; the values of its `{names}` are set.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path, std::map<std::string, std::string>& values) {
  if (pattern.size() != path.size()) return false;
  values.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (is_value(pattern[i]) && !path[i].empty())
      values[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    else if (pattern[i] != path[i])
      return false;
  }
  return true;
}

}  // namespace

Response HttpError::response() const {
  auto or_null = [](const std::string& text) { return text.empty() ? base::Json() : base::Json(text); };
  Response response = json_response(
      {{"error", {{"message", what()}, {"type", error_type(status_)}, {"param", or_null(param_)}, {"code", or_null(code_)}}}}, status_);
  response.headers = headers_;
  return response;
}

Response json_response(const base::Json& json, int status) {
  return {.status = status, .body = json.dump(-1, ' ', false, base::Json::error_handler_t::replace)};
}

int64_t query_number(const Request& request, const std::string& name, int64_t otherwise, int64_t least, int64_t most) {
  auto found = request.query.find(name);
  if (found == request.query.end()) return otherwise;
  const std::string& text = found->second;
  const std::optional<int64_t> number = base::read_number<int64_t>(text);
  if (!number || *number < least || *number > most)
    throw base::InvalidRequest(name, "must be a whole number from {} to {}, got '{}'", least, most, text.substr(0, 80));
  return *number;
}

std::string query_choice(const Request& request, const std::string& name, const std::vector<std::string>& allowed) {
  auto found = request.query.find(name);
  if (found == request.query.end()) return allowed.front();
  if (std::ranges::find(allowed, found->second) == allowed.end())
    throw base::InvalidRequest(name, "must be one of {}, got '{}'", fmt::join(allowed, ", "), found->second.substr(0, 80));
  return found->second;
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) segments_.push_back(parse_target(route.pattern)->segments);
}

const Route& Router::find(Request& request) const {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  // The most exact pattern, the one with the fewest values, is the path's; which methods it has is its own.
  std::string_view pattern;
  size_t fewest = std::numeric_limits<size_t>::max();
  for (size_t i = 0; i < routes_.size(); ++i)
    if (std::map<std::string, std::string> values; matches(segments_[i], request.segments, values) && values.size() < fewest)
      pattern = routes_[i].pattern, fewest = values.size();
  std::vector<std::string> allowed;
  const Route* found = nullptr;
  for (size_t i = 0; i < routes_.size(); ++i) {
    std::map<std::string, std::string> values;
    if (routes_[i].pattern != pattern || !matches(segments_[i], request.segments, values)) continue;
    allowed.push_back(routes_[i].method);
    if (routes_[i].method != method) continue;
    found = &routes_[i];
    request.values = values, request.route = routes_[i].pattern;
  }
  if (found != nullptr) return *found;
  if (allowed.empty()) throw HttpError(404, "unknown_url", "there is no '{}' here", request.path.substr(0, 200));
  std::ranges::sort(allowed);
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  throw HttpError(405, "method_not_allowed", "'{}' takes {}, not {}", request.path.substr(0, 200), fmt::join(allowed, ", "),
                  request.method.substr(0, 20))
      .with_header("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
}

}  // namespace zoetrope::serving::http
