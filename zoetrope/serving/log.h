#pragma once
#include <string>

#include "zoetrope/base/json.h"

namespace zoetrope::serving {

/// Writes a line of JSON to stderr: the time (UTC), what happened, and `fields`. Prompts are not among them.
void log(const std::string& event, const base::Json& fields = base::Json::object());

}  // namespace zoetrope::serving
