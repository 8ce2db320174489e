#pragma once
#include <cmath>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// Data from a normal distribution, for which everything is known in closed form: what a perfect model predicts, and where the
/// probability-flow ODE leads.
struct GaussianData {
  double mean = 1, deviation = 0.5;

  /// E[noise - x0 | x] at level s.
  Tensor velocity(const Tensor& x, double s) const {
    double signal = 1 - s, variance = signal * signal * deviation * deviation + s * s;
    Tensor centred = (x - signal * mean) / variance;
    return s * centred - (mean + signal * deviation * deviation * centred);
  }
  /// Where x at level s lies at level t: the flow keeps quantiles.
  Tensor moved(const Tensor& x, double s, double t) const {
    auto spread = [&](double level) { return std::hypot((1 - level) * deviation, level); };
    return (1 - t) * mean + spread(t) / spread(s) * (x - (1 - s) * mean);
  }
};

}  // namespace zoetrope::diffusion
