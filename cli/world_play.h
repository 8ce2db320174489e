#pragma once
#include "cli/command.h"

namespace zoetrope::cli {

/// `zoetrope world play`: a model's world, made while it is watched and steered.
void add_world_play(CLI::App& world, const Output& output);

}  // namespace zoetrope::cli
