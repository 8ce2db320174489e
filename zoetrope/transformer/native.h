#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/transformer/denoiser.h"
#include "zoetrope/transformer/modulation.h"

namespace zoetrope::transformer {

/// Sizes of the native denoiser, as they stand in its config.json.
struct NativeConfig {
  int64_t latent_channels = 24;
  int64_t patch = 2;  // cells a side; a patch is one latent frame deep
  int64_t width = 256;
  int64_t depth = 8;
  int64_t heads = 4;
  int64_t feed_forward = 768;
  int64_t modulation_rank = 32;  // the modulation of a block is a product of two thin matrices
  int64_t text_width = 192;

  static NativeConfig from_json(const base::Json& json);
  base::Json to_json() const;
  /// Refuses sizes of which no network can be made, with a `UsageError`.
  void check() const;
};

/// What all blocks of one forward pass share.
struct Surroundings {
  at::ScalarType compute;  // dtype of the sub-layers, and of the tensors below
  Tensor embedded;         // [B,K,D] the distinct noise timesteps, with the prompt as a whole
  const TokenTimesteps& timesteps;
  nn::Rotation rotation;  // of the N tokens
  Tensor text;            // [B,L,C]
  Tensor text_bias;       // [B,1,1,L]
};

struct NativeBlock {
  NativeBlock(nn::Weights w, const NativeConfig& config);

  /// x [B,N,D] -> [B,N,D], fp32 whatever the sub-layers compute in: what they add up to must not be rounded again and again.
  Tensor operator()(Tensor x, const Surroundings& around) const;

  nn::Linear modulation_in, modulation_out;
  nn::Attention self_attention, cross_attention;
  nn::Linear expand, contract;
};

/// Zoetrope's own denoiser: a transformer over spacetime patches in which every token has its own noise level. Text is read by
/// cross-attention. The output is v = noise - x0 of flow matching.
class NativeDenoiser : public Denoiser {
 public:
  NativeDenoiser(nn::Weights w, const NativeConfig& config, at::ScalarType compute = at::kFloat);

  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const override;
  Grid grid(int64_t t, int64_t h, int64_t w) const override { return {t, h / config_.patch, w / config_.patch}; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;

  /// Gates, modulations and the output start at zero: a new network is the identity apart from its text, and predicts 0.
  static tensor::Start start(const std::string& name, at::IntArrayRef shape);

 private:
  NativeConfig config_;
  at::ScalarType compute_;
  nn::Linear patch_in_, position_in_, level_in_, level_out_, text_in_;
  std::vector<NativeBlock> blocks_;
  nn::Linear final_modulation_, patch_out_;
};

/// The native denoiser in a component's folder (config.json and safetensors); weights are cast to `compute` once.
std::unique_ptr<NativeDenoiser> load_native(const std::filesystem::path& folder, at::ScalarType compute);
/// Writes such a folder, with weights in bf16.
void save_native(const std::filesystem::path& folder, const NativeConfig& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::transformer
