#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/transformer/denoiser.h"
#include "zoetrope/transformer/layers.h"

namespace zoetrope::transformer::native {

/// Sizes of the native denoiser, as they stand in its config.json.
struct Config {
  int64_t latent_channels = 24;
  int64_t patch = 2;  // latent pixels per side; a patch is one latent frame deep
  int64_t width = 256;
  int64_t depth = 8;
  int64_t heads = 4;
  int64_t feed_forward = 768;
  int64_t modulation_rank = 32;  // the modulation of a block is a product of two low-rank matrices
  int64_t text_width = 192;

  static Config from_json(const base::Json& json);
  base::Json to_json() const;
  /// Refuses invalid sizes with a `UsageError`.
  void check() const;
};

/// Inputs that all blocks of a forward pass share.
struct BlockInputs {
  at::ScalarType compute;  // dtype of the sub-layers, and of the tensors below
  Tensor embedded;         // [B,K,D] the distinct timesteps, plus the pooled prompt
  const TokenTimesteps& timesteps;
  nn::RotaryEmbedding rotary;  // of the N tokens
  Tensor text;                 // [B,L,C]
  Tensor text_bias;            // [B,1,1,L]
};

struct Block {
  Block(nn::Weights w, const Config& config);

  /// x [B,N,D] -> [B,N,D], fp32 in any case: the residual stream must not be rounded in every block.
  Tensor operator()(Tensor x, const BlockInputs& inputs) const;

  nn::Linear modulation_in, modulation_out;
  nn::Attention self_attention, cross_attention;
  nn::Linear fc1, fc2;
};

/// Zoetrope's own denoiser: a transformer over spacetime patches in which every token has its own timestep. It reads text by
/// cross-attention. The output is v = noise - x0 of flow matching.
class Denoiser : public transformer::Denoiser {
 public:
  Denoiser(nn::Weights w, const Config& config);

  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const override;
  Grid grid(int64_t t, int64_t h, int64_t w) const override { return {t, h / config_.patch, w / config_.patch}; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;

  /// Gates, modulations and the output start at zero: a new network predicts 0.
  static tensor::Init init(const std::string& name, at::IntArrayRef shape);

 private:
  Config config_;
  at::ScalarType compute_;
  nn::Linear patch_embed_, position_proj_, time_mlp_in_, time_mlp_out_, text_proj_;
  std::vector<Block> blocks_;
  nn::Linear final_modulation_, proj_out_;
};

/// The native denoiser in a component's folder (config.json and safetensors); weights are cast to the dtype of
/// the placement once.
std::unique_ptr<Denoiser> load(const std::filesystem::path& folder, const tensor::Placement& placement);
/// Writes such a folder, with weights in bf16.
void save(const std::filesystem::path& folder, const Config& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::transformer::native
