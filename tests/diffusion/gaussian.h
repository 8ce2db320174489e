#pragma once
#include <cmath>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// Data from a normal distribution, for which everything is known in closed form: what a perfect model predicts, and where the
/// probability-flow ODE leads.
struct GaussianData {
  double mean = 1, deviation = 0.5;

  /// E[noise - x0 | x] at `sigma`.
  Tensor velocity(const Tensor& x, double sigma) const {
    double signal = 1 - sigma, variance = signal * signal * deviation * deviation + sigma * sigma;
    Tensor centred = (x - signal * mean) / variance;
    return sigma * centred - (mean + signal * deviation * deviation * centred);
  }
  /// Where x at `sigma` lies at sigma t: the flow keeps quantiles.
  Tensor moved(const Tensor& x, double sigma, double t) const {
    auto spread = [&](double sigma) { return std::hypot((1 - sigma) * deviation, sigma); };
    return (1 - t) * mean + spread(t) / spread(sigma) * (x - (1 - sigma) * mean);
  }
};

}  // namespace zoetrope::diffusion
