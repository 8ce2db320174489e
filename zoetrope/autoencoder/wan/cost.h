#pragma once
#include "zoetrope/autoencoder/wan/layers.h"
#include "zoetrope/base/cost.h"

namespace zoetrope::autoencoder::wan {

// What a latent frame in the midst of a stream takes, and what the stream remembers, with numbers of `number` bytes.

/// Of `Decoder::features` of h x w cells.
base::Cost features_cost(const Decoder& decoder, int64_t h, int64_t w, int64_t number);
/// Of `Decoder::frames` of a band of latents that have `across` cells the other way.
base::Cost frames_cost(const Decoder& decoder, const Band& band, int64_t across, int64_t number);

}  // namespace zoetrope::autoencoder::wan
