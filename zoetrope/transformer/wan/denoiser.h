#pragma once
#include <optional>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/nn/rotary.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer::wan {

/// Sizes of a Wan denoiser, from the config.json of diffusers.
struct Config {
  int64_t in_channels = 16, out_channels = 16;
  int64_t patch = 2;  // latent pixels per side; a patch is one latent frame deep
  int64_t heads = 12, head_width = 128;
  int64_t feed_forward = 8960, layers = 30;
  int64_t text_width = 4096, frequency_embedding_size = 256;
  bool text_norm = true;                        // a norm with gain and bias before cross-attention
  std::optional<int64_t> image_width;           // of the image encoder's states, in models with an image
  std::optional<int64_t> image_positions = {};  // learned positions of those states, in models with two images
  double epsilon = 1e-6;

  int64_t width() const { return heads * head_width; }
  static Config from_json(const base::Json& json);
  base::Json to_json() const;
};

/// Attention of Wan: queries and keys are RMS-normalised over all heads at once.
struct Attention {
  Attention(nn::Weights w, const Config& config);
  /// x [B,N,D] -> queries [B,H,N,d], or the same of keys and values.
  Tensor split_heads(const Tensor& x) const { return x.unflatten(-1, {heads, -1}).transpose(1, 2); }
  /// Queries, keys and values [B,H,N,d] -> [B,N,D], before `to_out`.
  static Tensor attention(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& bias = {});

  nn::Linear to_q, to_k, to_v, to_out;
  nn::RmsNorm norm_q, norm_k;
  int64_t heads;
};

/// Keys and values of a block's cross-attention: of the text and, in some models, of an image.
struct CrossInputs {
  nn::KeysValues text;
  std::optional<nn::KeysValues> image = {};
};

/// What the evaluations of a run share, in the compute dtype.
struct Run : RunContext {
  Grid grid = {};
  nn::RotaryEmbedding rotary;      // of the N tokens
  Tensor concat_latents;           // [B,C',t,h,w], or undefined
  Tensor text_bias;                // [B,1,1,L] of the text's attention; undefined if no row is padding
  std::vector<CrossInputs> cross;  // for each block
};

/// Inputs that all blocks of an evaluation share, beside the run's.
struct BlockInputs {
  at::ScalarType compute;  // dtype of the sub-layers
  Tensor modulations;      // [B,K,6,D] fp32 of the distinct timesteps
  const TokenTimesteps& timesteps;
  const nn::RotaryEmbedding& rotary;
  const Tensor& text_bias;
};

struct Block {
  Block(nn::Weights w, const Config& config);

  /// Keys and values of the text and, where there is one, of the image, both [B,L,D] in the denoiser's width.
  CrossInputs cross_inputs(const Tensor& text, const Tensor& image) const;
  /// x [B,N,D] fp32 -> [B,N,D] fp32. `cross`: of this block.
  Tensor operator()(Tensor x, const BlockInputs& inputs, const CrossInputs& cross) const;

  Attention self_attention, cross_attention;
  std::optional<nn::Linear> image_k, image_v;
  std::optional<nn::RmsNorm> image_norm_k;
  std::optional<nn::LayerNorm> text_norm;
  nn::Linear fc1, fc2;
  Tensor modulation;  // [1,6,D]
  double epsilon;

 private:
  Tensor attend_to_context(const Tensor& x, const CrossInputs& cross, const Tensor& text_bias) const;
  Tensor feed_forward(const Tensor& y) const;
};

/// States of an image encoder [B,M,C] -> [B,M,D].
struct ImageEmbedding {
  ImageEmbedding(nn::Weights w, const Config& config);
  Tensor operator()(const Tensor& states) const;

  nn::LayerNorm norm1, norm2;
  Tensor positions;  // undefined if there are none
  nn::Linear fc1, fc2;
};

/// The denoiser of Wan2.1 and Wan2.2 (Wan team 2025, https://arxiv.org/abs/2503.20314). Timesteps are 0 to 1000, one per
/// token if needed; the output is v = noise - x0. Parameter names are those of diffusers' WanTransformer3DModel.
class Denoiser : public transformer::Denoiser {
 public:
  Denoiser(nn::Weights w, const Config& config);

  std::unique_ptr<RunContext> begin(const Conditioning& conditioning, const TokenLayout& layout) const override;
  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const override;
  int64_t patch() const override { return config_.patch; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;
  const Config& config() const { return config_; }

 private:
  /// The text's states [B,L,D] in the denoiser's width, and the bias of its attention.
  std::pair<Tensor, Tensor> read_text(const text::TextEmbedding& text) const;

  Config config_;
  at::ScalarType compute_;
  Tensor patch_embed_weight_, patch_embed_bias_;
  nn::Linear time_mlp_in_, time_mlp_out_, time_proj_, text_proj_in_, text_proj_out_;
  std::optional<ImageEmbedding> image_proj_;
  std::vector<Block> blocks_;
  nn::Linear proj_out_;
  Tensor final_modulation_;  // [1,2,D]
};

/// The two denoisers of Wan2.2 A14B: one for high noise, the other below the timestep `boundary`. A run holds what one of them keeps; it
/// begins anew where the other takes over.
class Experts : public transformer::Denoiser {
 public:
  Experts(wan::Denoiser high, wan::Denoiser low, double boundary) : high_(std::move(high)), low_(std::move(low)), boundary_(boundary) {}

  std::unique_ptr<RunContext> begin(const Conditioning& conditioning, const TokenLayout& layout) const override;
  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const override;
  int64_t patch() const override { return high_.patch(); }
  base::Cost cost(const Grid& grid, int64_t clips) const override { return high_.cost(grid, clips); }

 private:
  wan::Denoiser high_, low_;
  double boundary_;
};

}  // namespace zoetrope::transformer::wan
