#pragma once
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/key_style.h"
#include "zoetrope/transformer/wan/denoiser.h"

namespace zoetrope::transformer::wan {

/// The names of the original Wan code, which ComfyUI keeps, and those of diffusers, which are ours.
const tensor::KeyStyle& keys();

/// Gives the parameters of a denoiser's file our names, whichever style they are in; other names stay.
void use_keys(tensor::Checkpoint& checkpoint);

/// The sizes of a denoiser, from the shapes in a file that has no config.json. All Wan models have heads of 128 channels.
Config config_of(const tensor::Checkpoint& checkpoint);

}  // namespace zoetrope::transformer::wan
