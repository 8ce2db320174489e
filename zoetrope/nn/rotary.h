#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::nn {

/// Rotary positions (Su et al. 2021) for tokens on a grid of time, height and width: each axis turns its own share of a head's
/// pairs, so the product of a query and a key depends on where they stand to each other, not on where they stand.
struct Rotation {
  Tensor cosine, sine;  // each [N, head_width / 2], fp32

  /// x [B,H,N,d] -> [B,H,N,d], with pair i made of components i and i + d/2.
  Tensor operator()(const Tensor& x) const;
  /// The same with pair i made of the neighbours 2i and 2i + 1, as checkpoints in complex notation have it.
  Tensor neighbours(const Tensor& x) const;
};

/// How a head's d/2 pairs are shared among the axes, and how fast they turn: pair n of p on an axis turns by
/// `fastest * slowest^(-n/p)` radians a patch.
struct RotaryAxes {
  int64_t time_pairs, height_pairs, width_pairs;
  double fastest_time = 1.0, fastest_space = 1.5;
  double slowness_time = 20.0, slowness_space = 30.0;
};

/// The rotation of every token of a grid of t x h x w patches, in that order of nesting.
Rotation rotary_grid(const RotaryAxes& axes, int64_t t, int64_t h, int64_t w);

}  // namespace zoetrope::nn
