#include "zoetrope/generation/known_tokens.h"

namespace zoetrope::generation {

KnownTokens KnownTokens::none(at::IntArrayRef shape, transformer::Grid grid) {
  return {at::zeros(shape), at::ones({grid.t, grid.h, grid.w})};
}

Tensor KnownTokens::share_of_cells() const {
  int64_t rows = latents.size(3) / share.size(1), columns = latents.size(4) / share.size(2);
  return share.repeat_interleave(rows, 1).repeat_interleave(columns, 2).unsqueeze(0).unsqueeze(0);
}

Tensor KnownTokens::start(const Tensor& noise, double s) const {
  Tensor share = share_of_cells(), level = share * s;
  return at::where(share == 1, noise, (1 - level) * latents + level * noise);
}

Tensor KnownTokens::put_back(const Tensor& x) const { return at::where(share_of_cells() == 0, latents, x); }

TokenLevels::TokenLevels(const KnownTokens& known, int64_t batch) {
  auto [distinct, index, counts] = at::_unique2(known.share.flatten(), /*sorted=*/true, /*return_inverse=*/true, /*return_counts=*/false);
  shares_ = distinct.to(at::kDouble).unsqueeze(0).expand({batch, -1});
  index_ = index.unsqueeze(0).expand({batch, -1});
}

transformer::NoiseLevels TokenLevels::at(double s, const diffusion::Parameterization& parameterization) const {
  return {parameterization.timestep(shares_ * s).to(at::kFloat), index_};
}

}  // namespace zoetrope::generation
