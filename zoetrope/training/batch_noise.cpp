#include "zoetrope/training/batch_noise.h"

#include <cmath>

#include "zoetrope/training/condition_masks.h"

namespace zoetrope::training {

double flow_shift(int64_t latent_frames) { return std::sqrt(static_cast<double>(latent_frames)); }

Tensor upsample_to_latents(const Tensor& tokens, const transformer::Grid& grid, int64_t patch) {
  return tokens.reshape({-1, 1, grid.t, grid.h, grid.w}).repeat_interleave(patch, 3).repeat_interleave(patch, 4);
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

}  // namespace zoetrope::training
