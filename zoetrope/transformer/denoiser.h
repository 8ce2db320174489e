#pragma once
#include "zoetrope/base/effort.h"
#include "zoetrope/text/encoder.h"

namespace zoetrope::transformer {

/// Noise levels of a clip's tokens: the few distinct ones, and which one each token has. What depends on a level is computed once a level.
struct NoiseLevels {
  Tensor values;  // [B,K] fp32: 0 is data; noise is 1, or the highest timestep of models that were trained with those
  Tensor index;   // [B,N] int64 in 0..K-1; may be undefined when K is 1

  /// One level for every token of each clip: levels [B].
  static NoiseLevels uniform(const Tensor& levels) { return {levels.to(at::kFloat).unsqueeze(1), {}}; }

  /// [B,K,D] for each level -> [B,N,D] for each token; a single level broadcasts.
  Tensor of_tokens(const Tensor& t) const {
    if (t.size(1) == 1) return t;
    return t.gather(1, index.unsqueeze(-1).expand({-1, -1, t.size(-1)}));
  }
};

/// What a denoiser is told besides the noisy latents; each family says which it reads.
struct Conditioning {
  text::TextEmbedding text;
  Tensor image = {};  // [B,M,D] what an image encoder saw in the pictures that are given
  Tensor extra = {};  // [B,C',t,h,w] channels that go beside those of the noisy latents
  Tensor label = {};  // [B] int64 the classes of what is wanted, in models that were trained on those
};

/// A grid of tokens.
struct Grid {
  int64_t t, h, w;
  int64_t tokens() const { return t * h * w; }
};

/// A network that looks at noisy latents and says which way the data lies. It cuts the patches itself.
class Denoiser {
 public:
  virtual ~Denoiser() = default;
  /// latents [B,C,t,h,w] -> raw output of the same shape and dtype fp32, with twice the channels in models that say the variance of a
  /// random step, too; what it means is the family's parameterization.
  virtual Tensor predict(const Tensor& latents, const NoiseLevels& levels, const Conditioning& conditioning) const = 0;
  /// The token grid of latents with t frames of h x w.
  virtual Grid grid(int64_t t, int64_t h, int64_t w) const = 0;
  /// What one evaluation of so many clips takes, roughly.
  virtual base::Effort effort(const Grid& grid, int64_t clips) const = 0;
};

}  // namespace zoetrope::transformer
