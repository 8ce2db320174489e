#pragma once
#include <vector>

#include "zoetrope/base/json.h"

namespace zoetrope::autoencoder::wan {

/// Sizes of a Wan autoencoder, as they stand in the config.json that diffusers writes.
struct Config {
  int64_t encoder_width = 96, decoder_width = 96;
  int64_t latent_channels = 16;
  std::vector<int64_t> dim_mult{1, 2, 4, 4};                 // of the width, a level each
  int64_t blocks = 2;                                        // residual blocks a level; the decoder has one more
  std::vector<bool> temporal_downsample{false, true, true};  // whether the way down from a level halves time, too
  bool is_residual = false;                                  // Wan2.2: averages lead around each level
  int64_t patch = 1;                                         // Wan2.2: pixels a side that are folded into channels first
  int64_t time = 4, space = 8;                               // compression
  std::vector<double> latents_mean, latents_std;             // a value a channel

  static Config from_json(const base::Json& json);
  base::Json to_json() const;
  /// `time` and `space` from the levels.
  void set_compression();
};

}  // namespace zoetrope::autoencoder::wan
