#pragma once
#include "zoetrope/autoencoder/wan/config.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/key_style.h"

namespace zoetrope::autoencoder::wan {

/// The names of the original Wan code, which ComfyUI keeps, and those of diffusers, which are ours: of Wan2.1 or, with `is_residual`, of
/// Wan2.2. Autoencoders have four levels of two blocks, with one more on the way up.
const tensor::KeyStyle& keys(bool is_residual);

/// What the names of an autoencoder begin with in ComfyUI's files of whole models.
const std::vector<std::string>& comfyui_prefixes();

/// Gives the parameters of an autoencoder's file our names, whichever style they are in; other names stay.
void use_keys(tensor::Checkpoint& checkpoint);

/// The sizes of an autoencoder, from the shapes in a file that has no config.json; means and deviations of the latents are those of
/// Wan2.1 (16 channels) or Wan2.2 (48).
Config config_of(const tensor::Checkpoint& checkpoint);

}  // namespace zoetrope::autoencoder::wan
