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
  int64_t actions = 0;              // that a latent frame can have, "none" at 0 included; 0: the network knows no actions
  bool guidance_embedding = false;  // whether the network can be told a guidance scale

  static Config from_json(const base::Json& json);
  base::Json to_json() const;
  /// Refuses invalid sizes with a `UsageError`.
  void check() const;
};

/// What a run holds for a block.
struct BlockState {
  nn::KeysValues text;       // of the prompt
  nn::KeysValues past = {};  // of the latent frames that were appended; undefined before the first
};

/// What the evaluations of a run share, in the compute dtype.
struct Run : RunContext {
  TokenLayout layout;
  Tensor positions;            // [N,D] of the tokens in the image
  nn::RotaryEmbedding rotary;  // of the N tokens
  std::optional<nn::BlockCausal> causal;
  Tensor told;       // [B,1,D] the prompt, pooled, plus the guidance scale if it is told
  Tensor actions;    // [B,t,D] of each latent frame; undefined if there are none
  Tensor text_bias;  // [B,1,1,L]
  std::vector<BlockState> blocks;
};

/// Inputs that all blocks of an evaluation share, beside the run's.
struct BlockInputs {
  at::ScalarType compute;  // dtype of the sub-layers, and of `embedded`
  Tensor embedded;         // [B,K,D] what modulates tokens, in its distinct cases: timesteps, or pairs of a timestep and a latent frame
  Tensor index;            // [B,N] the case of each token; not read if K is 1
  const nn::RotaryEmbedding& rotary;
  const std::optional<nn::BlockCausal>& causal;
  const Tensor& text_bias;
};

struct Block {
  Block(nn::Weights w, const Config& config);

  struct Output {
    Tensor x;            // [B,N,D]
    nn::KeysValues all;  // of the past and of these tokens
  };
  /// x [B,N,D] -> [B,N,D], fp32 in any case: the residual stream must not be rounded in every block. `state`: of this block.
  Output operator()(Tensor x, const BlockInputs& inputs, const BlockState& state) const;

  nn::Linear modulation_in, modulation_out;
  nn::Attention self_attention, cross_attention;
  nn::Linear fc1, fc2;
};

/// Zoetrope's own denoiser: a transformer over spacetime patches in which every token has its own timestep. It reads text by
/// cross-attention, and can be told a guidance scale and an action for each latent frame. Tokens see the whole clip or only its past. The
/// output is v = noise - x0 of flow matching.
class Denoiser : public transformer::StreamingDenoiser {
 public:
  Denoiser(nn::Weights w, const Config& config);

  std::unique_ptr<RunContext> begin(const Conditioning& conditioning, const TokenLayout& layout) const override;
  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const override;
  int64_t patch() const override { return config_.patch; }

  void append(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const override;
  void set_conditioning(const Conditioning& conditioning, RunContext& run) const override;
  void set_action(const Tensor& action, RunContext& run) const override;
  int64_t actions() const override { return config_.actions; }

  base::Cost cost(const Grid& grid, int64_t clips) const override;

  /// Gates, modulations and the output start at zero: a new network predicts 0. So do the embeddings of actions and guidance: a network
  /// that gets them predicts what it did before.
  static tensor::Init init(const std::string& name, at::IntArrayRef shape);

 private:
  Tensor embed_guidance(const Tensor& guidance) const;                                // [B] -> [B,1,D]
  Tensor embed_actions(const Tensor& action, int64_t clips, const Grid& grid) const;  // [B,t] -> [B,t,D]
  /// Places the tokens of a run at the positions of its layout.
  void place(Run& run, at::Device device) const;
  BlockInputs block_inputs(const TokenTimesteps& timesteps, const Run& run, at::Device device) const;
  /// latents [B,C,t,h,w] -> tokens after the last block [B,N,D]. `all`, if not null, gets the keys and values of each block.
  Tensor run_blocks(const Tensor& latents, const BlockInputs& inputs, const Run& run, std::vector<nn::KeysValues>* all) const;

  Config config_;
  at::ScalarType compute_;
  nn::Linear patch_embed_, position_proj_, time_mlp_in_, time_mlp_out_, text_proj_;
  std::vector<Block> blocks_;
  nn::Linear final_modulation_, proj_out_;
  std::optional<nn::Linear> guidance_mlp_in_, guidance_mlp_out_;
  Tensor action_embedding_;  // [actions - 1, D], of all except "none", which adds nothing; undefined if there are no actions
};

/// The native denoiser in a component's folder (config.json and safetensors); weights are cast to the dtype of
/// the placement once.
std::unique_ptr<Denoiser> load(const std::filesystem::path& folder, const tensor::Placement& placement);
/// Writes such a folder, with weights in bf16.
void save(const std::filesystem::path& folder, const Config& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::transformer::native
