#pragma once
#include <string>
#include <toml++/toml.h>

namespace zoetrope::base {

/// The TOML that was read from `file`. UsageError, which names file and line, where it is none.
toml::table parse_toml(const std::string& text, const std::string& file);

}  // namespace zoetrope::base
