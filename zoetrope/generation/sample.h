#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/base/random.h"
#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/sampler.h"
#include "zoetrope/generation/known_tokens.h"

namespace zoetrope::generation {

/// How a clip is sampled.
struct Sampling {
  const diffusion::Sampler& sampler;
  diffusion::Levels levels;
  diffusion::Guidance guidance;
  diffusion::VariancePreserving how = {};
  at::Generator generator = {};  // of the noise that random samplers add, after the one that they start from
};

/// How many clips the denoiser looks at together where guidance asks it about two prompts.
int64_t clips_at_once(const transformer::Grid& grid, const diffusion::Guidance& guidance);

/// From noise [1,C,t,h,w] to latents. `conditioning` holds two prompts or classes: what is wanted, and what guidance leads away from; in
/// clips of few tokens both are evaluated in one batch. Tokens that are known come out as they went in.
Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const transformer::Conditioning& conditioning, const KnownTokens& known, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer);

}  // namespace zoetrope::generation
