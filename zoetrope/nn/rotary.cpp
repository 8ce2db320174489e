#include "zoetrope/nn/rotary.h"

namespace zoetrope::nn {

Tensor RotaryEmbedding::apply_half(const Tensor& x) const {
  Tensor c = cosine.to(x.scalar_type()), s = sine.to(x.scalar_type());
  auto halves = x.chunk(2, -1);
  return at::cat({halves[0] * c - halves[1] * s, halves[0] * s + halves[1] * c}, -1);
}

Tensor RotaryEmbedding::apply_interleaved(const Tensor& x) const {
  Tensor c = cosine.to(x.scalar_type()), s = sine.to(x.scalar_type());
  auto pair = x.unflatten(-1, {-1, 2}).unbind(-1);
  return at::stack({pair[0] * c - pair[1] * s, pair[0] * s + pair[1] * c}, -1).flatten(-2);
}

namespace {

/// Angles of positions 0..length-1 on one axis: [length, pairs]. In double, on the CPU: not every device has it, and the table is small.
Tensor axis_angles(int64_t length, int64_t pairs, double scale, double theta) {
  Tensor frequencies = scale * at::pow(theta, -at::arange(pairs, at::kDouble) / std::max<int64_t>(1, pairs));
  return at::outer(at::arange(length, at::kDouble), frequencies);
}

}  // namespace

RotaryEmbedding rotary_grid(const RotaryAxes& axes, int64_t t, int64_t h, int64_t w, at::Device device) {
  auto on_grid = [&](const Tensor& angles, int64_t axis) {
    std::vector<int64_t> shape(4, 1);
    shape[axis] = angles.size(0);
    shape[3] = angles.size(1);
    return angles.view(shape).expand({t, h, w, angles.size(1)});
  };
  Tensor angles = at::cat({on_grid(axis_angles(t, axes.time_pairs, axes.scale_time, axes.theta_time), 0),
                           on_grid(axis_angles(h, axes.height_pairs, axes.scale_space, axes.theta_space), 1),
                           on_grid(axis_angles(w, axes.width_pairs, axes.scale_space, axes.theta_space), 2)},
                          -1)
                      .reshape({t * h * w, -1});
  return {angles.cos().to(at::kFloat).to(device), angles.sin().to(at::kFloat).to(device)};
}

}  // namespace zoetrope::nn
