#pragma once
#include "zoetrope/generation/family.h"
#include "zoetrope/transformer/wan.h"

namespace zoetrope::generation {

/// Whether a denoiser of the Wan family is shown pictures as channels beside the noisy latents: a mask and what is given (Wan I2V).
bool wan_reads_pictures(const transformer::WanConfig& denoiser);

/// How the pictures that are given reach such a denoiser: encoded behind one another in a clip that is grey elsewhere, with a mask of the
/// frames that are given, and, where the model has an image encoder, as its states. The autoencoder must outlive it.
EncodeConditions wan_pictures(const ModelFiles& files, const transformer::WanConfig& denoiser,
                              const autoencoder::VideoAutoencoder& autoencoder, at::ScalarType compute);

}  // namespace zoetrope::generation
