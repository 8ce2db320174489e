#include "zoetrope/diffusion/variance_preserving.h"

#include <cmath>

namespace zoetrope::diffusion {
namespace {

Tensor clipped(const Tensor& x0, double clip) { return std::isinf(clip) ? x0 : x0.clamp(-clip, clip); }

/// The deviation of a random step between two levels of the cumulative products a > b: a number, or a value for each place.
Tensor deviation(double a, double b, const VariancePreserving& how) {
  constexpr double smallest_variance = 1e-20;  // diffusers' DDPMScheduler: its logarithm is needed
  double beta = 1 - a / b, posterior = std::max((1 - b) / (1 - a) * beta, smallest_variance);
  if (how.variance == StepVariance::smallest) return at::scalar_tensor(std::sqrt(posterior));
  if (how.variance == StepVariance::largest) return at::scalar_tensor(std::sqrt(beta));
  Tensor share = (how.variances() + 1) / 2;
  return at::exp(0.5 * (share * std::log(beta) + (1 - share) * std::log(posterior)));
}

}  // namespace

Tensor ddim(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving& how) {
  int64_t total = std::ssize(levels) - 1;
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], next = levels[i + 1], t = how.landings.empty() ? next : how.landings[i];
    Tensor v = predict(x, s), x0 = clipped(x - s * v, how.clip), noise = x + (1 - s) * v;
    x = (1 - t) * x0 + t * noise;
    x = after_step(t == next ? x : x * (norm(next) / norm(t)), {i, total, next, x0});
  }
  return x;
}

Tensor ddpm(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving& how) {
  int64_t total = std::ssize(levels) - 1;
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], t = levels[i + 1], a = alpha_cumprod(s), b = alpha_cumprod(t);
    Tensor x0 = clipped(x - s * predict(x, s), how.clip);
    double of_x0 = std::sqrt(b) * (1 - a / b) / (1 - a), of_x = std::sqrt(a / b) * (1 - b) / (1 - a) / norm(s);
    Tensor step = of_x0 * x0 + of_x * x;
    if (s > how.quiet) step = step + deviation(a, b, how).to(step.scalar_type()) * how.noise();
    x = after_step(step * norm(t), {i, total, t, x0});
  }
  return x;
}

}  // namespace zoetrope::diffusion
