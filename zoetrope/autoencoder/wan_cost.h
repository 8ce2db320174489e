#pragma once
#include "zoetrope/autoencoder/wan_layers.h"
#include "zoetrope/base/cost.h"

namespace zoetrope::autoencoder {

// What a latent frame in the midst of a stream takes, and what the stream remembers, with numbers of `number` bytes.

/// Of `WanDecoder::features` of h x w cells.
base::Cost features_cost(const WanDecoder& decoder, int64_t h, int64_t w, int64_t number);
/// Of `WanDecoder::frames` of a band of latents that have `across` cells the other way.
base::Cost frames_cost(const WanDecoder& decoder, const WanBand& band, int64_t across, int64_t number);

}  // namespace zoetrope::autoencoder
