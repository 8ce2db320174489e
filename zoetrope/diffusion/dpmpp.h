#pragma once
#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// DPM-Solver++(2M) (Lu et al. 2022, https://arxiv.org/abs/2211.01095, algorithm 2) with the signal 1-s and noise s of flow matching.
/// Second order, one evaluation a step: it looks back at the step before. The first and the last step are of first order.
Tensor dpmpp(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step = keep);

}  // namespace zoetrope::diffusion
