#include "zoetrope/generation/denoise_mask.h"

namespace zoetrope::generation {

DenoiseMask DenoiseMask::none(at::IntArrayRef shape, transformer::Grid grid) {
  return {at::zeros(shape), at::ones({grid.t, grid.h, grid.w})};
}

Tensor DenoiseMask::upsample_to_latents() const {
  int64_t rows = latents.size(3) / values.size(1), columns = latents.size(4) / values.size(2);
  return values.repeat_interleave(rows, 1).repeat_interleave(columns, 2).unsqueeze(0).unsqueeze(0);
}

Tensor DenoiseMask::start(const Tensor& noise, double sigma) const {
  Tensor mask = upsample_to_latents(), own_sigma = mask * sigma;
  return at::where(mask == 1, noise, (1 - own_sigma) * latents + own_sigma * noise);
}

Tensor DenoiseMask::restore_known(const Tensor& x) const { return at::where(upsample_to_latents() == 0, latents, x); }

TimestepsOfTokens::TimestepsOfTokens(const DenoiseMask& mask) {
  auto [distinct, index, counts] = at::_unique2(mask.values.flatten(), /*sorted=*/true, /*return_inverse=*/true, /*return_counts=*/false);
  values_ = distinct.to(at::kCPU, at::kDouble).unsqueeze(0);
  if (values_.size(1) > 1) index_ = index.unsqueeze(0);
}

transformer::TokenTimesteps TimestepsOfTokens::at(double sigma, const diffusion::Parameterization& parameterization) const {
  return {parameterization.timestep(values_ * sigma).to(at::kFloat), index_};
}

Tensor TimestepsOfTokens::sigmas(double sigma, const Tensor& denoise_mask) const {
  return values_.numel() == 1 ? values_[0][0] * sigma : denoise_mask * sigma;
}

}  // namespace zoetrope::generation
