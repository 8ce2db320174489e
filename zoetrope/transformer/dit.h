#pragma once
#include <filesystem>
#include <memory>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/linear.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer {

/// Sizes of a DiT, as they stand in the config.json that diffusers writes; the defaults are those of DiT-XL/2 at 256 x 256.
struct DitConfig {
  int64_t heads = 16, head_width = 72;
  int64_t layers = 28;
  int64_t in_channels = 4, out_channels = 8;  // out: the noise, or the noise and the variance of a random step
  int64_t patch = 2;                          // cells a side
  int64_t side = 32;                          // cells a side of the latents that it was trained on
  int64_t classes = 1000;                     // class `classes` is none of them: what guidance leads away from
  bool attention_bias = true;
  double epsilon = 1e-5;  // of the norm before the feed-forward layers; the other norms have 1e-6

  int64_t width() const { return heads * head_width; }
  static DitConfig from_json(const base::Json& json);
};

/// What timestep and class say: timesteps [B], labels [B] int64 -> [B,D] in the dtype of the weights' use.
struct DitEmbedding {
  DitEmbedding(nn::Weights w, const DitConfig& config);
  Tensor operator()(const Tensor& timesteps, const Tensor& labels, at::ScalarType compute) const;

  nn::Linear time_in, time_out;
  Tensor classes;  // [classes + 1, D]
};

/// A block of adaLN-Zero. diffusers keeps an embedding of timestep and class in each block, so each has its own.
struct DitBlock {
  DitBlock(nn::Weights w, const DitConfig& config);
  /// x [B,N,D] fp32 -> the same; sub-layers compute in `compute`.
  Tensor operator()(Tensor x, const Tensor& timesteps, const Tensor& labels, at::ScalarType compute) const;

  DitEmbedding embedding;
  nn::Linear modulation;
  nn::Linear to_q, to_k, to_v, to_out;
  nn::Linear expand, contract;
  int64_t heads;
  double epsilon;

 private:
  Tensor attend_to_itself(const Tensor& x) const;
};

/// The denoiser of DiT (Peebles & Xie 2023, https://arxiv.org/abs/2212.09748), which makes single pictures of a class. Sigmas are timesteps
/// from 0 to 999; the output is the noise, and in most models the variance of a random step. Parameter names are those of diffusers'
/// DiTTransformer2DModel.
class DitDenoiser : public Denoiser {
 public:
  DitDenoiser(nn::Weights w, const DitConfig& config, at::ScalarType compute = at::kFloat);

  /// Reads the label of the conditioning. A clip of several latent frames, several timesteps in one clip, a missing label or one that is no
  /// class are refused.
  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const override;
  Grid grid(int64_t t, int64_t h, int64_t w) const override { return {t, h / config_.patch, w / config_.patch}; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;
  const DitConfig& config() const { return config_; }

 private:
  DitConfig config_;
  at::ScalarType compute_;
  Tensor patch_weight_, patch_bias_;
  std::vector<DitBlock> blocks_;
  nn::Linear final_modulation_, out_;
};

/// The DiT in a component's folder; weights are cast to `compute` once. Parameters that are missing, of another shape or unknown are
/// listed.
std::unique_ptr<DitDenoiser> load_dit(const std::filesystem::path& folder, at::ScalarType compute);

}  // namespace zoetrope::transformer
