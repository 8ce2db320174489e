#pragma once
#include "cli/command.h"

namespace zoetrope::cli {

/// `zoetrope train distill`, a subcommand of `train`.
void add_train_distill(CLI::App& train, const Output& output);

}  // namespace zoetrope::cli
