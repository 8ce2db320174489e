#pragma once
#include "zoetrope/base/json.h"
#include "zoetrope/diffusion/objective.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::training {

/// How the clips of a batch are noised, and what their tokens see. On the CPU.
struct BatchNoise {
  transformer::TokenTimesteps sigmas;  // the native denoiser's timesteps are sigmas
  Tensor free;                         // [B,N] bool: the tokens whose error counts; the others are known
  transformer::Attends attends = transformer::Attends::all;

  /// What stands for each distinct sigma, [B,K], for each token, [B,N].
  Tensor of_tokens(const Tensor& values) const { return sigmas.index.defined() ? values.gather(1, sigmas.index) : values.expand_as(free); }
  /// The sigma of each token, [B,N].
  Tensor of_tokens() const { return of_tokens(sigmas.values); }
  /// Whether the tokens of each distinct sigma are free, [B,K] bool.
  Tensor is_free() const;
};

/// How far the sigmas of a clip are shifted towards noise: what all frames share is visible at sigmas at which a single frame is not, as in
/// larger images (Esser et al. 2024, "Scaling Rectified Flow Transformers", section 5.3.2).
double flow_shift(int64_t latent_frames);

/// Values of tokens [B,N] for each latent pixel, [B,1,t,h,w], of a grid with patches of `patch` x `patch`.
Tensor upsample_to_latents(const Tensor& tokens, const transformer::Grid& grid, int64_t patch);

/// In a causal batch, the past of a stream has sigmas up to this one: a stream should append its frames at one of them.
constexpr double max_past_sigma = 0.1;

/// One sigma for each of `batch` clips, all tokens free.
BatchNoise uniform_noise(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas,
                         at::Generator& generator);

/// One sigma for the free tokens of each clip, and 0 for its known ones (`sample_mask`).
BatchNoise noise_with_known(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas,
                            at::Generator& generator);

/// Tokens see their past, and each latent frame has a sigma of its own (diffusion forcing, Chen et al. 2024). The frames before a random
/// one are known, nearly clean, as in a stream: a frame with a clean past is what a stream samples, and independent sigmas hardly ever give
/// one.
BatchNoise causal_noise(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas, at::Generator& generator);

/// One of the three: clips are causal with a probability, and of the others some have known tokens. `of_frame`: the sigmas of a single
/// frame, as a stream samples it, so of causal batches; those of whole clips are shifted (`flow_shift`).
BatchNoise draw_noise(int64_t batch, const transformer::Grid& grid, diffusion::SigmaDistribution of_frame, double causal_prob,
                      double condition_prob, at::Generator& generator);

/// The mean squared error of velocities [B,C,t,h,w] over all that is free [B,1,t,h,w], where the subject [B,t,h,w] counts `subject_weight`
/// times as much: a scalar with gradients. The plain mean goes to `metrics`, as image_error, clip_error or causal_error.
Tensor velocity_loss(const Tensor& v, const Tensor& target, const Tensor& free, const Tensor& subject_mask, double subject_weight,
                     transformer::Attends attends, base::Json& metrics);

}  // namespace zoetrope::training
