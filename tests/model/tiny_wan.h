#pragma once
#include "tests/model/tiny_model.h"
#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/transformer/wan/denoiser.h"
#include "zoetrope/vision/clip.h"

namespace zoetrope::test {

enum class TinyWan { text_to_video, image_to_video, tokens_with_timesteps, two_experts };

/// Writes a model folder of Wan in the layout of diffusers with random weights, so small that it generates in no time: Wan2.1 T2V or I2V
/// with an image encoder, Wan2.2 TI2V (known tokens), or A14B with two experts.
inline void write_tiny_wan(const std::filesystem::path& folder, TinyWan kind, uint64_t seed = 1) {
  const bool animates = kind == TinyWan::image_to_video, second_version = kind == TinyWan::tokens_with_timesteps;
  autoencoder::wan::Config vae;
  vae.encoder_width = vae.decoder_width = 4, vae.latent_channels = 4, vae.blocks = 1;
  vae.latents_mean.assign(4, .1), vae.latents_std.assign(4, 1.5);
  if (second_version) vae.is_residual = true, vae.patch = 2;
  vae.set_compression();
  auto vae_weights = random_weights(seed, {.2, .5});
  autoencoder::wan::Autoencoder autoencoder(tensor::Weights(vae_weights), vae);
  tensor::save_component(folder / "vae", vae.to_json(), vae_weights.parameters(), at::kFloat);

  text::T5Config text = tiny_text();
  text.per_layer_bias = true;
  text.vocabulary = text::Tokenizer(write_tiny_vocabulary(folder)).vocabulary_size();
  auto text_weights = random_weights(seed + 1);
  text::T5Encoder encoder(tensor::Weights(text_weights), text);
  tensor::save_component(folder / "text_encoder", text.to_json(), text_weights.parameters(), at::kBFloat16);

  transformer::wan::Config config;
  config.out_channels = 4, config.in_channels = animates ? 12 : 4;
  config.heads = 2, config.head_width = 12, config.feed_forward = 20, config.layers = 2;
  config.text_width = text.width, config.frequency_embedding_size = 8;
  if (animates) config.image_width = 8;
  for (const char* name : {"transformer", "transformer_2"}) {
    if (name == std::string("transformer_2") && kind != TinyWan::two_experts) continue;
    auto weights = random_weights(++seed + 1);
    transformer::wan::Denoiser denoiser(tensor::Weights(weights), config);
    tensor::save_component(folder / name, config.to_json(), weights.parameters(), at::kFloat);
  }
  if (animates) {
    base::Json clip{{"model_type", "clip_vision_model"},
                    {"hidden_size", 8},
                    {"num_attention_heads", 2},
                    {"intermediate_size", 12},
                    {"num_hidden_layers", 2},
                    {"image_size", 8},
                    {"patch_size", 4}};
    auto clip_weights = random_weights(seed + 5);
    vision::ClipImageEncoder image_encoder(tensor::Weights(clip_weights), vision::ClipConfig::from_json(clip));
    tensor::save_component(folder / "image_encoder", clip, clip_weights.parameters(), at::kFloat);
  }
  base::Json index{{"_class_name", animates ? "WanImageToVideoPipeline" : "WanPipeline"}};
  if (second_version) index["expand_timesteps"] = true;
  if (kind == TinyWan::two_experts) index["boundary_ratio"] = .8;
  base::write_file(folder / "model_index.json", index.dump());
}

}  // namespace zoetrope::test
