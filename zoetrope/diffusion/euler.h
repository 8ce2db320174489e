#pragma once
#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// Straight-line steps of the probability-flow ODE dx/ds = v, from levels.front() to levels.back(). First order, one evaluation a step.
inline Tensor euler(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step = keep) {
  int64_t total = std::ssize(levels) - 1;
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], t = levels[i + 1];
    Tensor v = predict(x, s), x0 = x - s * v;
    x = after_step(x + (t - s) * v, {i, total, t, x0});
  }
  return x;
}

}  // namespace zoetrope::diffusion
