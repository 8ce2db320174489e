#include "zoetrope/training/batch_noise.h"

#include <cmath>

#include "zoetrope/training/condition_masks.h"

namespace zoetrope::training {

double flow_shift(int64_t latent_frames) { return std::sqrt(static_cast<double>(latent_frames)); }

Tensor upsample_to_latents(const Tensor& tokens, const transformer::Grid& grid, int64_t patch) {
  return tokens.reshape({-1, 1, grid.t, grid.h, grid.w}).repeat_interleave(patch, 3).repeat_interleave(patch, 4);
}

Tensor BatchNoise::is_free() const {
  if (!sigmas.index.defined()) return at::ones_like(sigmas.values, at::kBool);
  return at::zeros_like(sigmas.values, at::kBool).scatter(1, sigmas.index, free);
}

BatchNoise uniform_noise(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas,
                         at::Generator& generator) {
  return {transformer::TokenTimesteps::uniform(diffusion::sample_sigmas({batch}, sigmas, generator)),
          at::ones({batch, grid.tokens()}, at::kBool)};
}

BatchNoise noise_with_known(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas,
                            at::Generator& generator) {
  Tensor drawn = diffusion::sample_sigmas({batch}, sigmas, generator);
  std::vector<Tensor> rows;
  for (int64_t i = 0; i < batch; ++i) rows.push_back(sample_mask(grid, generator).logical_not().flatten());
  Tensor free = at::stack(rows);  // [B,N]
  return {{at::stack({at::zeros({batch}), drawn}, 1), free.to(at::kLong)}, free};
}

BatchNoise causal_noise(int64_t batch, const transformer::Grid& grid, const diffusion::SigmaDistribution& sigmas,
                        at::Generator& generator) {
  Tensor first_free = at::randint(grid.t, {batch, 1}, generator, at::kLong);
  Tensor free = at::arange(grid.t) >= first_free;  // [B,t]
  Tensor past = max_past_sigma * at::rand({batch, grid.t}, generator);
  Tensor values = at::where(free, diffusion::sample_sigmas({batch, grid.t}, sigmas, generator), past);
  Tensor frame = at::arange(grid.t).repeat_interleave(grid.h * grid.w).expand({batch, -1});  // [B,N]
  return {{values, frame}, free.gather(1, frame), transformer::Attends::past};
}

BatchNoise draw_noise(int64_t batch, const transformer::Grid& grid, diffusion::SigmaDistribution of_frame, double causal_prob,
                      double condition_prob, at::Generator& generator) {
  auto chance = [&](double probability) { return at::rand({1}, generator).item<double>() < probability; };
  if (grid.t > 1 && chance(causal_prob)) return causal_noise(batch, grid, of_frame, generator);
  of_frame.shift = flow_shift(grid.t);
  if (chance(condition_prob)) return noise_with_known(batch, grid, of_frame, generator);
  return uniform_noise(batch, grid, of_frame, generator);
}

Tensor velocity_loss(const Tensor& v, const Tensor& target, const Tensor& free, const Tensor& subject_mask, double subject_weight,
                     transformer::Attends attends, base::Json& metrics) {
  Tensor weight = (1 + (subject_weight - 1) * subject_mask.unsqueeze(1)) * free;
  Tensor error = (v - target).square().mean(1, /*keepdim=*/true);
  const bool causal = attends == transformer::Attends::past;
  metrics[v.size(2) == 1 ? "image_error"
          : causal       ? "causal_error"
                         : "clip_error"] = (error.detach() * free).sum().item<double>() / free.sum().item<double>();
  return (error * weight).sum() / weight.sum();
}

}  // namespace zoetrope::training
