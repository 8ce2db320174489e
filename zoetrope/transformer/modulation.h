#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::transformer {

/// What the noise level does to one sub-layer: normalise, shift and scale its input, gate its output (adaLN-Zero, Peebles & Xie 2023).
struct Modulation {
  Tensor shift, scale, gate;  // each [B,N,D], or [B,1,D], fp32
  double epsilon = 1e-6;

  Tensor before(const Tensor& x) const { return at::addcmul(shift, at::layer_norm(x, {x.size(-1)}, {}, {}, epsilon), 1 + scale); }
  Tensor after(const Tensor& x, const Tensor& y) const { return at::addcmul(x, gate, y.to(at::kFloat)); }
};

}  // namespace zoetrope::transformer
