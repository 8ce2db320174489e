#pragma once
#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// How every command speaks: results on stdout, as JSON when asked; progress on stderr unless quiet. And whether it may write over files
/// that this program did not write (`check_outputs`).
struct Output {
  bool json = false;
  bool quiet = false;
  bool overwrite = false;
};

// Each subcommand is one file of this folder: it declares its flags on a subcommand of `program` and sets the callback that runs it.
// Its `footer` shows examples. An argument that is a file or folder has a type name that says so (`->type_name("FILE")`, or a check
// like CLI::ExistingFile) and one with a few values has CLI::IsMember: help and tab completion both read them there.
void add_generate(CLI::App& program, const Output& output);
void add_info(CLI::App& program, const Output& output);
void add_verify(CLI::App& program, const Output& output);
void add_record(CLI::App& program, const Output& output);
void add_models(CLI::App& program, const Output& output);
void add_train(CLI::App& program, const Output& output);
void add_world(CLI::App& program, const Output& output);
void add_evaluate(CLI::App& program, const Output& output);
void add_report(CLI::App& program, const Output& output);
void add_classify(CLI::App& program, const Output& output);
void add_embed(CLI::App& program, const Output& output);
void add_convert(CLI::App& program, const Output& output);
void add_work(CLI::App& program, const Output& output);
void add_serve(CLI::App& program, const Output& output);
void add_decode(CLI::App& program, const Output& output);
void add_completion(CLI::App& program, const Output& output);

}  // namespace zoetrope::cli
