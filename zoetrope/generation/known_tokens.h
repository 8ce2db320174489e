#pragma once
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::generation {

/// What is known of a clip before it is sampled; every task is a choice of this (DESIGN: the one idea).
struct KnownTokens {
  Tensor latents;  // [1,C,t,h,w], read where the share is below 1
  Tensor share;    // [t,gh,gw] of the token grid: the share of the noise level that each token has. 0 known, 1 free, between partly noised

  /// Nothing is known of latents [1,C,t,h,w] cut into `grid`.
  static KnownTokens none(at::IntArrayRef shape, transformer::Grid grid);

  /// The share of each cell, [1,1,t,h,w].
  Tensor share_of_cells() const;
  /// Where sampling from level s starts: known latents as they are, partly noised ones at their share of s, and free ones as noise
  /// [1,C,t,h,w] alone, also where a schedule begins a little below level 1 (as the references of those schedules do).
  Tensor start(const Tensor& noise, double s) const;
  /// x with the tokens of share 0 put back bit for bit.
  Tensor put_back(const Tensor& x) const;
};

/// The levels of all tokens when the sampler stands at level s, for a batch in which all clips know the same.
class TokenLevels {
 public:
  TokenLevels(const KnownTokens& known, int64_t batch);
  /// As the denoiser is told them.
  transformer::NoiseLevels at(double s, const diffusion::Parameterization& parameterization) const;

 private:
  Tensor shares_;  // [B,K] double, the distinct ones
  Tensor index_;   // [B,N]
};

}  // namespace zoetrope::generation
