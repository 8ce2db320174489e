#include "zoetrope/base/parse_toml.h"

#include "zoetrope/base/error.h"

namespace zoetrope::base {

toml::table parse_toml(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw UsageError("{}:{}: {}", file, error.source().begin.line, error.description());
  }
}

}  // namespace zoetrope::base
