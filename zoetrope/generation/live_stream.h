#pragma once
#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// A clip without an end: one latent frame is made after the other, and what is asked may change in between. It is seen at once and does
/// not know its future, so it can be steered. Each latent frame sees those of the window before it and the clip's first one, whose keys and
/// values are kept: time and memory per frame do not grow. The same request and the same actions give the same frames.
class LiveStream {
 public:
  /// The latent frames that a latent frame sees, its own included.
  static constexpr int64_t default_window = 16;

  /// Prompt, size, rate, steps, guidance, sampler and seed are the request's; the model must outlive the stream. The sigmas are not
  /// shifted, since a single frame is sampled at a time. A model that sees only whole clips is refused.
  LiveStream(const Request& request, const model::Model& model, int64_t window = default_window);

  /// Begins with given frames [n,H,W,3] uint8 of the request's size, as many as fill latent frames, during which these actions were done
  /// (one for each latent frame; none if empty). Returns them as the model sees them, like `next`.
  Tensor begin_with(const Tensor& frames, const std::vector<int64_t>& actions = {});
  /// Makes the next latent frame, during which `action` is done: frames [n,H,W,3] fp32 in 0..1 on the CPU, one at the beginning, later as
  /// many as a latent frame holds. A model that knows no actions refuses all but 0.
  Tensor next(int64_t action = 0);
  /// From the next latent frame on this is the prompt.
  void set_prompt(const std::string& prompt);

  /// How many latent frames there are so far.
  int64_t latent_frames() const { return made_; }

 private:
  transformer::Conditioning branches_of(const std::string& prompt) const;
  /// Makes `latent` [1,C,1,h,w] part of the past and decodes it. The generator draws the noise with which the past is shown.
  Tensor append(const Tensor& latent, at::Generator& generator);
  void set_action(int64_t action);
  transformer::TokenTimesteps at_sigma(double sigma) const;
  /// What draws the noise of the next latent frame.
  at::Generator noise_of_next() const;

  Request r_;
  const model::Model& model_;
  const transformer::StreamingDenoiser& denoiser_;
  diffusion::Sigmas sigmas_;
  diffusion::Guidance guidance_;
  diffusion::Parameterization parameterization_;
  int64_t branches_;            // of guidance, that are evaluated together
  std::vector<int64_t> shape_;  // of the latents of a latent frame
  std::unique_ptr<transformer::RunContext> run_;
  nn::FeatureCache decoded_;
  int64_t made_ = 0;
};

}  // namespace zoetrope::generation
