#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/json.h"

namespace zoetrope::model {

/// Reads the value at `key` of a request or settings, if there is one. `kind` says in words what it must be.
template <class Value>
void read_field(const base::Json& json, const char* key, const char* kind, Value& value) {
  if (!json.contains(key)) return;
  const base::Json& found = json[key];
  bool fits = std::is_same_v<Value, std::string> ? found.is_string()
              : std::is_same_v<Value, uint64_t>  ? found.is_number_unsigned()
              : std::is_integral_v<Value>        ? found.is_number_integer()
                                                 : found.is_number() && std::isfinite(found.get<double>());
  if (!fits) throw base::UsageError("the request's '{}' must be {}, got {}", key, kind, found.dump().substr(0, 80));
  value = found.get<Value>();
}

/// Refuses keys that a JSON object of this kind, `what`, does not have.
inline void refuse_unknown_keys(const base::Json& json, const std::vector<std::string>& known, const char* what) {
  for (const auto& [key, value] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw base::UsageError("'{}' is not a key of a {}; the keys are {}", key, what, fmt::join(known, ", "));
}

/// Gives a value the key that it has today, if it has the one before.
inline void rename_key(base::Json& json, const char* before, const char* now) {
  if (!json.is_object() || !json.contains(before)) return;
  json[now] = json[before];
  json.erase(before);
}

}  // namespace zoetrope::model
