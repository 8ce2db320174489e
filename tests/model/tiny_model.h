#pragma once
#include <filesystem>

#include "tests/autoencoder/native/narrow_config.h"
#include "tests/random_weights.h"
#include "tests/text/vocabulary.h"
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/text/t5.h"
#include "zoetrope/text/tokenizer.h"
#include "zoetrope/transformer/native/denoiser.h"

namespace zoetrope::test {

// A complete model of our own, so small that it loads and generates in no time.

inline autoencoder::native::Config tiny_autoencoder() { return narrow_config(/*channels=*/4, /*width=*/8); }
inline transformer::native::Config tiny_denoiser() {
  return {
      .latent_channels = 4, .patch = 2, .width = 16, .depth = 1, .heads = 2, .feed_forward = 16, .modulation_rank = 4, .text_width = 16};
}
inline text::T5Config tiny_text() { return {.vocabulary = 400, .width = 16, .head_width = 8, .heads = 2, .feed_forward = 16, .layers = 1}; }

/// Writes `vae/` with random weights into a model folder.
inline void write_tiny_autoencoder(const std::filesystem::path& folder, uint64_t seed = 1) {
  auto weights = random_weights(seed);
  autoencoder::native::Autoencoder model(tensor::Weights(weights), tiny_autoencoder());
  autoencoder::native::save(folder / "vae", tiny_autoencoder(), weights.parameters());
}

/// Writes `tokenizer/spiece.model` and returns its path.
inline std::filesystem::path write_tiny_vocabulary(const std::filesystem::path& folder) {
  text::train_vocabulary(text::captions(), tiny_text().vocabulary, folder / "tokenizer" / "spiece.model");
  return folder / "tokenizer" / "spiece.model";
}

/// Writes a whole model folder with random weights. By default it makes clips of 9 frames, 32x32, in 2 steps. A denoiser that knows
/// actions also streams.
inline void write_tiny_model(const std::filesystem::path& folder, uint64_t seed = 1,
                             const transformer::native::Config& denoiser_config = tiny_denoiser()) {
  write_tiny_autoencoder(folder, seed);
  text::T5Config text_config = tiny_text();
  text_config.vocabulary = text::Tokenizer(write_tiny_vocabulary(folder)).vocabulary_size();
  auto text_weights = random_weights(seed), weights = random_weights(seed + 1);
  text::T5Encoder text(tensor::Weights(text_weights), text_config);
  tensor::save_component(folder / "text_encoder", text_config.to_json(), text_weights.parameters(), at::kBFloat16);
  transformer::native::Denoiser denoiser(tensor::Weights(weights), denoiser_config);
  transformer::native::save(folder / "transformer", denoiser_config, weights.parameters());
  base::Json sampling{{"width", 32}, {"height", 32}, {"frames", 9}, {"fps", {8, 1}}, {"steps", 2}, {"guidance_scale", 2.0}};
  base::write_file(folder / "model_index.json", R"({"_class_name": "ZoetropePipeline"})");
  base::write_file(folder / "zoetrope.json", base::Json{{"format", 2},
                                                        {"sampling", sampling},
                                                        {"sizes", {{32, 32}, {48, 32}}},
                                                        {"token_limit", 16},
                                                        {"streams", denoiser_config.actions > 0}}
                                                 .dump());
}

}  // namespace zoetrope::test
