#include "zoetrope/diffusion/unipc.h"

#include <cmath>

namespace zoetrope::diffusion {
namespace {

/// What is known at the start of a step from level s to level t.
struct Interval {
  double s, t;
  double before;            // the level of the step before; only read when `order` is 2
  int order;                // 1 or 2
  Tensor x, x0, x0_before;  // the state and the data predicted at s, and the data predicted at `before`

  double h() const { return half_log_snr(t) - half_log_snr(s); }
  double b() const { return std::expm1(-h()); }  // the B(h) of the second variant
  double ratio() const { return (half_log_snr(before) - half_log_snr(s)) / h(); }

  /// The exact solution for data that stays as predicted, moved by `change` of the data.
  Tensor solution(const Tensor& change) const { return t / s * x - (1 - t) * b() * (x0 + change); }

  /// UniP: the change of the data is extrapolated from the step before.
  Tensor predicted() const {
    if (order == 1) return t / s * x - (1 - t) * b() * x0;
    return solution(0.5 / ratio() * (x0_before - x0));
  }

  /// UniC: the change of the data is interpolated, now that its prediction x0_after at t is there.
  Tensor corrected(const Tensor& x0_after) const {
    if (order == 1) return solution(0.5 * (x0_after - x0));
    double hh = -h();
    double phi = b() / hh - 1;  // the weights solve [1 1; ratio 1] weights = [first second], the order conditions of the paper
    double first = phi / b(), second = (phi / hh - 0.5) * 2 / b();
    double weight = (first - second) / (1 - ratio()), weight_after = first - weight;
    return solution(weight / ratio() * (x0_before - x0) + weight_after * (x0_after - x0));
  }
};

}  // namespace

Tensor unipc(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step) {
  int64_t total = std::ssize(levels) - 1;
  Interval step{};
  for (int64_t i = 0; i < total; ++i) {
    double s = levels[i], t = levels[i + 1];
    Tensor x0 = x - s * predict(x, s);
    if (i > 0) x = step.corrected(x0);
    bool looks_back = i > 0 && i + 1 < total;
    step = {s, t, step.s, looks_back ? 2 : 1, x, x0, step.x0};
    x = after_step(step.predicted(), {i, total, t, x0});
  }
  return x;
}

}  // namespace zoetrope::diffusion
