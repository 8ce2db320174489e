#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/base/error.h"
#include "zoetrope/base/json.h"
#include "zoetrope/serving/http/message.h"

namespace zoetrope::serving::http {

/// An answer that is an error, in the form that OpenAI's clients read: {"error": {message, type, param, code}}.
class HttpError : public base::Error {
 public:
  template <class... Args>
  HttpError(int status, std::string code, fmt::format_string<Args...> sentence, Args&&... args)
      : Error(sentence, std::forward<Args>(args)...), status_(status), code_(std::move(code)) {}

  /// The field of the request that is wrong.
  HttpError& with_param(std::string param) { return param_ = std::move(param), *this; }
  HttpError& with_header(std::string name, std::string value) { return headers_.emplace_back(std::move(name), std::move(value)), *this; }

  int status() const { return status_; }
  Response response() const;

 private:
  int status_;
  std::string code_, param_;
  Headers headers_;
};

Response json_response(const base::Json& json, int status = 200);

/// A whole number in the query, within limits. An InvalidRequest names it if it is none.
int64_t query_number(const Request& request, const std::string& name, int64_t otherwise, int64_t least, int64_t most);
/// One of some words in the query, the first of them by default.
std::string query_choice(const Request& request, const std::string& name, const std::vector<std::string>& allowed);

/// A value in the query of a route.
struct QueryValue {
  std::string name, description;
  base::Json schema;  // JSON Schema
};

/// A path that is answered. From these the OpenAPI document is made, so they say everything.
struct Route {
  std::string method, pattern;  // "/v1/videos/{id}"
  std::string summary;          // one line for the document
  std::function<Response(Request&)> handler;
  std::string body = {};    // the schema of the body, by its name in the document; empty: there is none
  std::string answer = {};  // the same of the answer's JSON; empty: it is no JSON
  std::vector<QueryValue> query = {};
  bool is_slow = false;  // it may take longer than some milliseconds
  bool is_open = false;  // it needs no key
  std::string answer_type = "application/json";
  int status = 200;  // when all is well
};

/// Finds the route of a request.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  const std::vector<Route>& routes() const { return routes_; }
  /// The route, with the request's `values` set; throws an HttpError with 404 or, where the path has other methods, 405. HEAD finds GET.
  const Route& find(Request& request) const;

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> segments_;  // of each one's pattern
};

}  // namespace zoetrope::serving::http
