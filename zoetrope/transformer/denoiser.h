#pragma once
#include "zoetrope/base/cost.h"
#include "zoetrope/text/encoder.h"

namespace zoetrope::transformer {

/// Timesteps of a clip's tokens in the network's own unit: the few distinct ones, and an index per token. What depends on a timestep is
/// computed once per distinct one.
struct TokenTimesteps {
  Tensor values;  // [B,K] fp32; 0 is data, and noise is 1 or the highest timestep of training
  Tensor index;   // [B,N] int64 in 0..K-1; may be undefined if K is 1

  /// One timestep for all tokens of a clip: timesteps [B].
  static TokenTimesteps uniform(const Tensor& timesteps) { return {timesteps.to(at::kFloat).unsqueeze(1), {}}; }

  /// [B,K,D] per distinct timestep -> [B,N,D] per token; a single one broadcasts.
  Tensor of_tokens(const Tensor& t) const {
    if (t.size(1) == 1) return t;
    return t.gather(1, index.unsqueeze(-1).expand({-1, -1, t.size(-1)}));
  }
};

/// The inputs of a denoiser beside the noisy latents; each family documents which it reads.
struct Conditioning {
  text::TextEmbedding text;
  Tensor image = {};           // [B,M,D] states of an image encoder
  Tensor concat_latents = {};  // [B,C',t,h,w] channels appended to those of the noisy latents
  Tensor label = {};           // [B] int64 classes
};

/// A grid of tokens.
struct Grid {
  int64_t t, h, w;
  int64_t tokens() const { return t * h * w; }
};

/// Predicts the denoising direction from noisy latents. It cuts the patches itself.
class Denoiser {
 public:
  virtual ~Denoiser() = default;
  /// latents [B,C,t,h,w] -> raw output of the same shape in fp32, with twice the channels in models that also predict a variance; its
  /// meaning is the family's parameterization.
  virtual Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const = 0;
  /// The token grid of latents with t frames of h x w.
  virtual Grid grid(int64_t t, int64_t h, int64_t w) const = 0;
  /// Estimated cost of one evaluation of `clips` clips.
  virtual base::Cost cost(const Grid& grid, int64_t clips) const = 0;
};

}  // namespace zoetrope::transformer
