#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// What was wrong with the words of a command line, as a sentence that names the value and what would be right, and where to read on: the
/// help of the innermost command that was given.
std::string format_parse_error(const CLI::App& program, const CLI::ParseError& error);

}  // namespace zoetrope::cli
