#pragma once
#include <vector>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/generation/denoise_mask.h"
#include "zoetrope/generation/request.h"

namespace zoetrope::generation {

/// Frames of the new clip that are given as pixels; they come out unchanged.
struct PixelCondition {
  int64_t start;  // frame of the new clip
  Tensor frames;  // [n,H,W,3] uint8, in the new clip's size
  std::filesystem::path media;
};

/// A request's conditions, read and encoded.
struct EncodedConditions {
  DenoiseMask mask;
  std::vector<PixelCondition> pixel_conditions;
  Tensor before, after;  // [n,H,W,3] uint8: frames of an extended video that are not part of the new clip and precede or follow it
};

/// Sets the hashes of the conditions' files; refuses a file that is not the one that the request was made with. A file that is not where
/// the request says is looked for by its name in `beside`.
void hash_media(Request& request, const std::filesystem::path& beside = {});

/// Reads and encodes the conditions of a request; the result is on the CPU. `grid` is the denoiser's grid of the new clip's latents
/// [C,t,h,w] = `shape`.
EncodedConditions encode_conditions(const Request& request, const autoencoder::VideoAutoencoder& autoencoder, at::IntArrayRef shape,
                                    transformer::Grid grid);

}  // namespace zoetrope::generation
