#pragma once
#include <algorithm>
#include <limits>

#include "zoetrope/base/cost.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer {

/// Cuts latents [B,C,t,h,w] into spacetime patches of one frame and p x p latent pixels: tokens [B, t*(h/p)*(w/p), C*p*p].
inline Tensor patchify(const Tensor& latents, int64_t p) {
  int64_t B = latents.size(0), C = latents.size(1), t = latents.size(2), h = latents.size(3) / p, w = latents.size(4) / p;
  return latents.view({B, C, t, h, p, w, p}).permute({0, 2, 3, 5, 1, 4, 6}).reshape({B, t * h * w, C * p * p});
}

/// The inverse of `patchify`, bit for bit: tokens [B,N,C*p*p] of a grid of t x h x w patches -> [B,C,t,h*p,w*p].
inline Tensor unpatchify(const Tensor& tokens, int64_t t, int64_t h, int64_t w, int64_t p) {
  int64_t B = tokens.size(0), C = tokens.size(2) / (p * p);
  return tokens.view({B, t, h, w, C, p, p}).permute({0, 4, 1, 2, 5, 3, 6}).reshape({B, C, t, h * p, w * p});
}

/// adaLN-Zero of one sub-layer (Peebles & Xie 2023): normalise, scale and shift its input, gate its output.
struct Modulation {
  Tensor shift, scale, gate;  // each [B,N,D], or [B,1,D], fp32
  double epsilon = 1e-6;

  Tensor modulate(const Tensor& x) const { return at::addcmul(shift, at::layer_norm(x, {x.size(-1)}, {}, {}, epsilon), 1 + scale); }
  Tensor gate_residual(const Tensor& x, const Tensor& y) const { return at::addcmul(x, gate, y.to(at::kFloat)); }
};

/// The sizes of a stack of transformer blocks that decide the cost of an evaluation.
struct StackSizes {
  int64_t layers, width, feed_forward;
  int64_t square_matrices;                                     // of width x width, per block
  int64_t rows_at_once = std::numeric_limits<int64_t>::max();  // of the feed-forward layers
  double bytes_per_number = 4;                                 // of the compute dtype
};

/// Estimated cost of one evaluation of `clips` clips of `tokens` tokens. At the peak, in self-attention, a block holds about six tensors of
/// the width of its tokens in the compute dtype and four in fp32 (measured on Wan at 32,760 tokens).
inline base::Cost cost_of(const StackSizes& s, int64_t tokens, int64_t clips) {
  auto n = static_cast<double>(tokens), b = static_cast<double>(clips), w = static_cast<double>(s.width);
  auto wide = static_cast<double>(s.feed_forward), rows = static_cast<double>(std::min(tokens, s.rows_at_once));
  double per_token = 2 * (static_cast<double>(s.square_matrices) * w * w + 2 * w * wide);
  return {.flops = b * static_cast<double>(s.layers) * (n * per_token + 4 * n * n * w),
          .bytes = b * (n * w * (6 * s.bytes_per_number + 4 * 4) + 2 * rows * wide * s.bytes_per_number)};
}

}  // namespace zoetrope::transformer
