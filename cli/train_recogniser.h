#pragma once
#include "cli/command.h"

namespace zoetrope::cli {

/// `zoetrope train recogniser`, a subcommand of `train`.
void add_train_recogniser(CLI::App& train, const Output& output);

}  // namespace zoetrope::cli
