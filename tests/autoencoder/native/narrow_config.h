#pragma once
#include "zoetrope/autoencoder/native/autoencoder.h"

namespace zoetrope::test {

/// A native autoencoder so narrow that it computes in no time.
inline autoencoder::native::Config narrow_config(int64_t channels, int64_t width = 4) {
  return {.latent_channels = channels,
          .encoder_widths = {width, width},
          .decoder_widths = {width, width, 4},
          .encoder_blocks = 1,
          .decoder_blocks = {1, 1, 1},
          .latents_mean = {},
          .latents_scale = {}};
}

}  // namespace zoetrope::test
