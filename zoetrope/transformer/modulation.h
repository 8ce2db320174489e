#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::transformer {

/// adaLN-Zero of one sub-layer (Peebles & Xie 2023): normalise, scale and shift its input, gate its output.
struct Modulation {
  Tensor shift, scale, gate;  // each [B,N,D], or [B,1,D], fp32
  double epsilon = 1e-6;

  Tensor modulate(const Tensor& x) const { return at::addcmul(shift, at::layer_norm(x, {x.size(-1)}, {}, {}, epsilon), 1 + scale); }
  Tensor gate_residual(const Tensor& x, const Tensor& y) const { return at::addcmul(x, gate, y.to(at::kFloat)); }
};

}  // namespace zoetrope::transformer
