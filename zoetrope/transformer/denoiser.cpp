#include "zoetrope/transformer/denoiser.h"

#include "zoetrope/base/error.h"
#include "zoetrope/nn/rotary.h"

namespace zoetrope::transformer {

void check_attends_all(const TokenLayout& layout) {
  if (layout.attends != Attends::all)
    throw base::UsageError("this model sees a clip as a whole and cannot stream; use one of Zoetrope's own that is trained for streams");
}

TokenLayout Denoiser::layout(int64_t t, int64_t h, int64_t w) const {
  const int64_t p = patch();
  if (h % p != 0 || w % p != 0) throw base::Error("latents of {}x{} cannot be cut into patches of {}x{}", w, h, p, p);
  return {grid(t, h, w), p, nn::grid_positions(t, h / p, w / p), Attends::all, {}};
}

Tensor Denoiser::predict_once(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const {
  std::unique_ptr<RunContext> run = begin(conditioning, layout(latents.size(2), latents.size(3), latents.size(4)));
  return predict(latents, timesteps, *run);
}

}  // namespace zoetrope::transformer
