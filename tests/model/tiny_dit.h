#pragma once
#include "tests/random_weights.h"
#include "zoetrope/autoencoder/sd/autoencoder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/transformer/dit/denoiser.h"

namespace zoetrope::test {

/// Writes a whole model folder in the layout of diffusers with random weights: 32x32 images of ten classes.
inline void write_tiny_dit(const std::filesystem::path& folder, const base::Json& scheduler) {
  base::Json vae{{"_class_name", "AutoencoderKL"}, {"block_out_channels", {4, 4, 8}}, {"norm_num_groups", 2}};
  base::Json denoiser{{"_class_name", "DiTTransformer2DModel"},
                      {"num_attention_heads", 2},
                      {"attention_head_dim", 8},
                      {"num_layers", 1},
                      {"out_channels", 8},
                      {"sample_size", 8},
                      {"num_embeds_ada_norm", 10}};
  auto vae_weights = random_weights(1), weights = random_weights(2);
  autoencoder::sd::Autoencoder autoencoder(tensor::Weights(vae_weights), autoencoder::sd::Config::from_json(vae));
  tensor::save_component(folder / "vae", vae, vae_weights.parameters(), at::kFloat);
  transformer::dit::Denoiser dit(tensor::Weights(weights), transformer::dit::Config::from_json(denoiser));
  tensor::save_component(folder / "transformer", denoiser, weights.parameters(), at::kFloat);
  base::write_file(folder / "scheduler" / "scheduler_config.json", scheduler.dump());
  base::write_file(folder / "model_index.json", R"({"_class_name": "DiTPipeline", "id2label": {"3": "toy poodle, poodle"}})");
}

}  // namespace zoetrope::test
