#pragma once
#include "zoetrope/transformer/wan.h"

namespace zoetrope::transformer {

/// The two denoisers of Wan2.2 A14B: one for the high noise timesteps, the other below the timestep `boundary`.
class WanExperts : public Denoiser {
 public:
  WanExperts(WanDenoiser high, WanDenoiser low, double boundary) : high_(std::move(high)), low_(std::move(low)), boundary_(boundary) {}

  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const override {
    bool is_high = timesteps.values.max().item<double>() >= boundary_;
    return (is_high ? high_ : low_).predict(latents, timesteps, conditioning);
  }
  Grid grid(int64_t t, int64_t h, int64_t w) const override { return high_.grid(t, h, w); }
  base::Cost cost(const Grid& grid, int64_t clips) const override { return high_.cost(grid, clips); }

 private:
  WanDenoiser high_, low_;
  double boundary_;
};

}  // namespace zoetrope::transformer
