#pragma once
#include "zoetrope/base/tensor.h"

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

}  // namespace zoetrope::transformer
