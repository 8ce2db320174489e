#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/sampler.h"
#include "zoetrope/generation/known_tokens.h"
#include "zoetrope/text/encoder.h"

namespace zoetrope::generation {

/// How a clip is sampled.
struct Sampling {
  const diffusion::Sampler& sampler;
  diffusion::Levels levels;
  diffusion::Guidance guidance;
};

/// From noise [1,C,t,h,w] to latents. `text` holds two prompts: what is wanted, and what guidance leads away from; both are evaluated
/// in one batch. Tokens that are known come out as they went in.
Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization, const text::TextEmbedding& text,
              const KnownTokens& known, const Tensor& noise, const Sampling& sampling, base::Observer& observer);

}  // namespace zoetrope::generation
