#pragma once
#include <vector>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/generation/known_tokens.h"
#include "zoetrope/generation/request.h"

namespace zoetrope::generation {

/// Frames of the new clip that were given as pixels: they come out as they were.
struct GivenFrames {
  int64_t start;  // frame of the new clip
  Tensor frames;  // [n,H,W,3] uint8, in the new clip's size
};

/// A request's conditions, read, encoded and put in their places.
struct PlacedConditions {
  KnownTokens known;
  std::vector<GivenFrames> given;
  Tensor before, after;  // [n,H,W,3] uint8: frames of an extended video that are not part of the new clip, which they precede or follow
};

/// Fills in the hashes of the conditions' files, or refuses a file that is not the one that the request was made with.
void hash_media(Request& request);

/// `grid` is the denoiser's grid of the new clip's latents [C,t,h,w] = `shape`.
PlacedConditions place_conditions(const Request& request, const autoencoder::VideoAutoencoder& autoencoder, at::IntArrayRef shape,
                                  transformer::Grid grid);

}  // namespace zoetrope::generation
