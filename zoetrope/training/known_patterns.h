#pragma once
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::training {

/// Draws which tokens of a clip are known: its first frames, its last ones, both, or all but a random box of space and time (or only that
/// box): what the tasks of generation will ask for. At least one token stays free. -> [t,h,w] bool, true where known.
Tensor draw_known(const transformer::Grid& grid, at::Generator& generator);

}  // namespace zoetrope::training
