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

Tensor grid_positions(int64_t t, int64_t h, int64_t w) {
  auto axis = [](int64_t length) { return at::arange(length, at::kDouble); };
  auto on_grid = [&](const Tensor& positions) { return positions.expand({t, h, w}).flatten(); };
  return at::stack({on_grid(axis(t).view({t, 1, 1})), on_grid(axis(h).view({1, h, 1})), on_grid(axis(w).view({1, 1, w}))}, 1);
}

namespace {

/// Angles of positions [N] on one axis: [N, pairs].
Tensor axis_angles(const Tensor& positions, int64_t pairs, double scale, double theta) {
  Tensor frequencies = scale * at::pow(theta, -at::arange(pairs, at::kDouble) / std::max<int64_t>(1, pairs));
  return at::outer(positions, frequencies);
}

}  // namespace

RotaryEmbedding rotary_embedding(const RotaryAxes& axes, const Tensor& positions, at::Device device) {
  Tensor angles = at::cat({axis_angles(positions.select(1, 0), axes.time_pairs, axes.scale_time, axes.theta_time),
                           axis_angles(positions.select(1, 1), axes.height_pairs, axes.scale_space, axes.theta_space),
                           axis_angles(positions.select(1, 2), axes.width_pairs, axes.scale_space, axes.theta_space)},
                          -1);
  return {angles.cos().to(at::kFloat).to(device), angles.sin().to(at::kFloat).to(device)};
}

}  // namespace zoetrope::nn
