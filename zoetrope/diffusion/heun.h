#pragma once
#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// Steps along the mean of the velocities at both ends (Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
/// Models", algorithm 1). Second order, two evaluations a step; one in the step to level 0, where the velocity is not defined.
inline Tensor heun(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step = keep) {
  int64_t total = std::ssize(levels) - 1;
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], t = levels[i + 1];
    Tensor v = predict(x, s), x0 = x - s * v;
    if (t > 0) v = (v + predict(x + (t - s) * v, t)) / 2;
    x = after_step(x + (t - s) * v, {i, total, t, x0});
  }
  return x;
}

}  // namespace zoetrope::diffusion
