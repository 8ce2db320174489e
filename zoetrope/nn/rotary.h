#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::nn {

/// Rotary position embedding (Su et al. 2021) of tokens in time, height and width: each axis rotates its own part of a head's
/// pairs, so the product of a query and a key depends only on their relative position.
struct RotaryEmbedding {
  Tensor cosine, sine;  // each [N, head_width / 2]

  /// The same in another dtype, once instead of in every layer.
  RotaryEmbedding to(at::ScalarType dtype) const { return {cosine.to(dtype), sine.to(dtype)}; }

  /// x [B,H,N,d] -> [B,H,N,d], with pair i made of components i and i + d/2.
  Tensor apply_half(const Tensor& x) const;
  /// The same with pair i made of components 2i and 2i + 1, as checkpoints in complex notation have it.
  Tensor apply_interleaved(const Tensor& x) const;
};

/// How a head's d/2 pairs are divided among the axes, and their frequencies: pair n of p on an axis rotates by `scale * theta^(-n/p)`
/// radians per patch.
struct RotaryAxes {
  int64_t time_pairs, height_pairs, width_pairs;
  double scale_time = 1.0, scale_space = 1.5;
  double theta_time = 20.0, theta_space = 30.0;
};

/// Where the patches of a grid of t x h x w stand, in this order: frame, row and column, [t*h*w,3] double on the CPU.
Tensor grid_positions(int64_t t, int64_t h, int64_t w);

/// The embedding of tokens at `positions` [N,3], on a device. Angles are computed in double on the CPU: not every device has doubles.
RotaryEmbedding rotary_embedding(const RotaryAxes& axes, const Tensor& positions, at::Device device = at::kCPU);

}  // namespace zoetrope::nn
