#pragma once
#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// UniPC of order 2, B2(h), predicting data (Zhao et al. 2023, https://arxiv.org/abs/2302.04867) with the signal 1-s and noise s of flow
/// matching. One evaluation a step, which serves twice: it first corrects the step that led to it, then predicts the next one. The first
/// and the last step are of first order.
Tensor unipc(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step = keep);

}  // namespace zoetrope::diffusion
