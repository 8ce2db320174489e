#pragma once
#include <optional>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/linear.h"
#include "zoetrope/nn/norm.h"
#include "zoetrope/nn/rotary.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer {

/// Sizes of a Wan denoiser, as they stand in the config.json that diffusers writes.
struct WanConfig {
  int64_t in_channels = 16, out_channels = 16;
  int64_t patch = 2;  // cells a side; a patch is one latent frame deep
  int64_t heads = 12, head_width = 128;
  int64_t feed_forward = 8960, layers = 30;
  int64_t text_width = 4096, time_features = 256;
  bool text_norm = true;                        // a norm with gain and bias before the text is read
  std::optional<int64_t> image_width;           // of the image encoder's states, in models that are shown a picture
  std::optional<int64_t> image_positions = {};  // learned positions of those states, in models that are shown two pictures
  double epsilon = 1e-6;

  int64_t width() const { return heads * head_width; }
  static WanConfig from_json(const base::Json& json);
  base::Json to_json() const;
};

/// Attention of Wan: queries and keys are RMS-normalised over all heads at once.
struct WanAttention {
  WanAttention(nn::Weights w, const WanConfig& config);
  /// x [B,N,D] -> queries [B,H,N,d], or the same of keys and values.
  Tensor heads_of(const Tensor& x) const { return x.unflatten(-1, {heads, -1}).transpose(1, 2); }
  /// What `queries` [B,H,N,d] find in keys and values of the same form -> [B,N,D], before `to_out`.
  static Tensor read(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& bias = {});

  nn::Linear to_q, to_k, to_v, to_out;
  nn::RmsNorm norm_q, norm_k;
  int64_t heads;
};

/// What a block reads besides the tokens: the text, and in some models a picture, both [B,L,D] in the denoiser's width.
struct WanContext {
  Tensor text, image;
  Tensor text_bias = {};  // [B,1,1,L] of the text's attention; undefined where no row is padding
};

struct WanBlock {
  WanBlock(nn::Weights w, const WanConfig& config);

  /// x [B,N,D] fp32, `level` [B,K,6,D] what the distinct noise timesteps say -> [B,N,D] fp32. Sub-layers compute in `compute`.
  Tensor operator()(Tensor x, const Tensor& level, const TokenTimesteps& timesteps, const nn::Rotation& rotation, const WanContext& context,
                    at::ScalarType compute) const;

  WanAttention self_attention, cross_attention;
  std::optional<nn::Linear> image_k, image_v;
  std::optional<nn::RmsNorm> image_norm_k;
  std::optional<nn::LayerNorm> text_norm;
  nn::Linear expand, contract;
  Tensor modulation;  // [1,6,D]
  double epsilon;

 private:
  Tensor read_context(const Tensor& x, const WanContext& context) const;
};

/// What the picture that is given says: states of an image encoder [B,M,C] -> [B,M,D].
struct WanImageEmbedding {
  WanImageEmbedding(nn::Weights w, const WanConfig& config);
  Tensor operator()(const Tensor& states) const;

  nn::LayerNorm norm1, norm2;
  Tensor positions;  // undefined where there are none
  nn::Linear expand, contract;
};

/// The denoiser of Wan2.1 and Wan2.2 (Wan team 2025, https://arxiv.org/abs/2503.20314). Sigmas are timesteps from 0 to 1000, of which
/// each token may have its own; the output is v = noise - x0. Parameter names are those of diffusers' WanTransformer3DModel.
class WanDenoiser : public Denoiser {
 public:
  WanDenoiser(nn::Weights w, const WanConfig& config, at::ScalarType compute = at::kFloat);

  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const override;
  Grid grid(int64_t t, int64_t h, int64_t w) const override { return {t, h / config_.patch, w / config_.patch}; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;
  const WanConfig& config() const { return config_; }

 private:
  WanContext read_conditioning(const Conditioning& conditioning) const;

  WanConfig config_;
  at::ScalarType compute_;
  Tensor patch_weight_, patch_bias_;
  nn::Linear time_in_, time_out_, time_projection_, text_in_, text_out_;
  std::optional<WanImageEmbedding> image_in_;
  std::vector<WanBlock> blocks_;
  nn::Linear out_;
  Tensor final_modulation_;  // [1,2,D]
};

}  // namespace zoetrope::transformer
