#pragma once
#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// How every command speaks: results on stdout, as JSON when asked; progress on stderr unless quiet.
struct Output {
  bool json = false;
  bool quiet = false;
};

// Each subcommand is one file of this folder: it declares its flags on a subcommand of `program` and sets the callback that runs it.
void add_generate(CLI::App& program, const Output& output);
void add_info(CLI::App& program, const Output& output);
void add_train(CLI::App& program, const Output& output);
void add_world(CLI::App& program, const Output& output);
void add_evaluate(CLI::App& program, const Output& output);
void add_completion(CLI::App& program, const Output& output);

}  // namespace zoetrope::cli
