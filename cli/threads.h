#pragma once
#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// Gives a command that computes the flag --threads. It counts from when the flags are read, so before anything is loaded.
void add_threads_flag(CLI::App* command);

}  // namespace zoetrope::cli
