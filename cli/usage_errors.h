#pragma once
#include <string>

#include <CLI/CLI.hpp>

#include "zoetrope/base/error.h"

namespace zoetrope::cli {

/// What was wrong with the words of a command line, as a sentence that names the value and what would be right, and where to read on: the
/// help of the innermost command that was given.
std::string format_parse_error(const CLI::App& program, const CLI::ParseError& error);

/// The sentence of a refused request with the flag in place of the field: "--size must be ...". A value that came from a request which is
/// repeated, and not from a flag, is called by its field.
std::string with_flag(const CLI::App& program, const base::InvalidRequest& error);

}  // namespace zoetrope::cli
