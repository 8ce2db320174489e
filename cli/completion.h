#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// A bash script that completes the words of `program`: subcommands, flags, the values of flags that have a few, and file names where
/// a flag or argument takes a file. It is made from the tree of commands itself, so it knows what they know.
std::string bash_completion(const CLI::App& program);

}  // namespace zoetrope::cli
