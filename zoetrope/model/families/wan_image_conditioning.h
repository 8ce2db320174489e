#pragma once
#include "zoetrope/model/family.h"
#include "zoetrope/transformer/wan/denoiser.h"

namespace zoetrope::model {

/// Whether a Wan denoiser takes a mask and given frames as extra channels (Wan I2V).
bool is_image_to_video(const transformer::wan::Config& denoiser);

/// Encodes given images for such a denoiser: a clip that is grey elsewhere with a mask of the given frames and, in models with an image
/// encoder, its states. The autoencoder must outlive the result.
ImageConditioning image_conditioning_of(const ModelFiles& files, const transformer::wan::Config& denoiser,
                                        const autoencoder::VideoAutoencoder& autoencoder);

}  // namespace zoetrope::model
