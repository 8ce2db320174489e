#include "zoetrope/diffusion/dpmpp.h"

#include <cmath>

namespace zoetrope::diffusion {

Tensor dpmpp(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step) {
  int64_t total = std::ssize(levels) - 1;
  Tensor previous;
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], t = levels[i + 1];
    double h = half_log_snr(t) - half_log_snr(s);
    Tensor x0 = x - s * predict(x, s), halfway = x0;  // the data as it will be predicted halfway through the step
    if (i > 0 && i + 1 < total) {
      double before = half_log_snr(s) - half_log_snr(levels[i - 1]);
      halfway = x0 + h / (2 * before) * (x0 - previous);
    }
    x = after_step(t / s * x - (1 - t) * std::expm1(-h) * halfway, {i, total, t, x0});
    previous = x0;
  }
  return x;
}

}  // namespace zoetrope::diffusion
