#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// Gives a command that computes the flag --threads. It counts from when the flags are read, so before anything is loaded.
void add_threads_flag(CLI::App* command);

/// Gives it the flag --dtype: auto, bf16 or fp32, for `tensor::compute_dtype`. `besides` is said behind what the flag is.
void add_dtype_flag(CLI::App* command, std::string& dtype, const std::string& besides = "");

}  // namespace zoetrope::cli
