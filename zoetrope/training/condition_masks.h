#pragma once
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::training {

/// Samples which tokens of a clip are known: its first frames, its last ones, both, or all except a random box of space and time (or only
/// that box), as the tasks of generation need. At least one token stays free. -> [t,h,w] bool, true where known.
Tensor sample_mask(const transformer::Grid& grid, at::Generator& generator);

}  // namespace zoetrope::training
