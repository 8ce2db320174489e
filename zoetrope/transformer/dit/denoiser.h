#pragma once
#include <filesystem>
#include <memory>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer::dit {

/// Sizes of a DiT, from the config.json of diffusers; the defaults are those of DiT-XL/2 at 256 x 256.
struct Config {
  int64_t heads = 16, head_width = 72;
  int64_t layers = 28;
  int64_t in_channels = 4, out_channels = 8;  // out: the noise, or the noise and the variance of a DDPM step
  int64_t patch = 2;                          // latent pixels per side
  int64_t side = 32;                          // latent pixels per side in training
  int64_t classes = 1000;                     // class `classes` is none of them, the unconditional branch
  bool attention_bias = true;
  double epsilon = 1e-5;  // of the norm before the feed-forward layers; the other norms have 1e-6

  int64_t width() const { return heads * head_width; }
  static Config from_json(const base::Json& json);
};

/// Embedding of timestep and class.
struct Embedding {
  Embedding(nn::Weights w, const Config& config);
  /// Labels [B] int64 -> [B,D] in the compute dtype.
  Tensor of_classes(const Tensor& labels, at::ScalarType compute) const { return classes.index_select(0, labels).to(compute); }
  /// Timesteps [B] and the embedded classes [B,D] -> [B,D] in their dtype.
  Tensor operator()(const Tensor& timesteps, const Tensor& classes) const;

  nn::Linear time_mlp_in, time_mlp_out;
  Tensor classes;  // [classes + 1, D]
};

/// A block of adaLN-Zero. diffusers keeps an embedding of timestep and class in each block, so each has its own.
struct Block {
  Block(nn::Weights w, const Config& config);
  /// x [B,N,D] fp32 -> the same; sub-layers compute in the dtype of the embedded classes [B,D].
  Tensor operator()(Tensor x, const Tensor& timesteps, const Tensor& classes) const;

  Embedding embedding;
  nn::Linear modulation;
  nn::Linear to_q, to_k, to_v, to_out;
  nn::Linear fc1, fc2;
  int64_t heads;
  double epsilon;

 private:
  Tensor attend(const Tensor& x) const;
};

/// What the evaluations of a run share.
struct Run : RunContext {
  Grid grid = {};
  Tensor positions;             // [N,D] fp32
  std::vector<Tensor> classes;  // [B,D] embedded for each block, in the compute dtype
};

/// The denoiser of DiT (Peebles & Xie 2023, https://arxiv.org/abs/2212.09748), which makes single images of a class. Timesteps are 0 to
/// 999; the output is the noise and, in most models, the variance of a DDPM step. Parameter names are those of diffusers'
/// DiTTransformer2DModel.
class Denoiser : public transformer::Denoiser {
 public:
  Denoiser(nn::Weights w, const Config& config);

  /// Reads the label of the conditioning. Clips of several latent frames, several timesteps in one clip, and missing or invalid labels are
  /// refused.
  std::unique_ptr<RunContext> begin(const Conditioning& conditioning, const TokenLayout& layout) const override;
  Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const override;
  int64_t patch() const override { return config_.patch; }
  base::Cost cost(const Grid& grid, int64_t clips) const override;
  const Config& config() const { return config_; }

 private:
  Config config_;
  at::ScalarType compute_;
  Tensor patch_embed_weight_, patch_embed_bias_;
  std::vector<Block> blocks_;
  nn::Linear final_modulation_, proj_out_;
};

/// The DiT in a component's folder; weights are cast to the dtype of the placement once. Parameters that are missing, of another shape or
/// unknown are listed.
std::unique_ptr<Denoiser> load(const std::filesystem::path& folder, const tensor::Placement& placement);

}  // namespace zoetrope::transformer::dit
