#pragma once
#include <filesystem>
#include <memory>
#include <optional>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/json.h"
#include "zoetrope/nn/layers.h"

namespace zoetrope::autoencoder::sd {

/// Sizes of the image autoencoder of Stable Diffusion, as they stand in the config.json that diffusers writes; the defaults are its own.
struct Config {
  int64_t latent_channels = 4;
  std::vector<int64_t> widths{128, 256, 512, 512};  // a level each; all but the last halve both sides
  int64_t blocks = 2;                               // residual blocks a level; the decoder has one more
  int64_t groups = 32;                              // of the norms
  bool attention = true;                            // in the middle
  bool quantiser = true, dequantiser = true;        // a 1x1 convolution on the latents' side
  double scale = 0.18215, shift = 0;                // the denoiser sees (z - shift) * scale

  int64_t space() const { return int64_t{1} << (widths.size() - 1); }
  static Config from_json(const base::Json& json);
};

struct ResidualBlock {
  ResidualBlock(tensor::Weights w, int64_t in, int64_t out, int64_t groups);
  Tensor operator()(const Tensor& x) const;  // [B,in,H,W] -> [B,out,H,W]

  nn::GroupNorm norm1, norm2;
  nn::Conv2d conv1, conv2;
  std::optional<nn::Conv2d> shortcut;  // where the widths differ
};

/// Attention of one head among the cells of an image.
struct Attention {
  Attention(tensor::Weights w, int64_t width, int64_t groups);
  Tensor operator()(const Tensor& x) const;  // [B,width,H,W] -> the same

  nn::GroupNorm norm;
  nn::Linear to_q, to_k, to_v, to_out;
};

struct Middle {
  Middle(tensor::Weights w, const Config& config);
  Tensor operator()(const Tensor& x) const;

  ResidualBlock first;
  std::optional<Attention> attention;
  ResidualBlock second;
};

/// Residual blocks of one width, then a change of resolution in all levels but the last.
struct Level {
  std::vector<ResidualBlock> blocks;
  std::optional<nn::Conv2d> resize;
};

/// Images [B,3,H,W] -> mean and log-variance of z [B,2C,h,w].
struct Encoder {
  Encoder(tensor::Weights w, const Config& config);
  Tensor operator()(const Tensor& images) const;

  nn::Conv2d in;
  std::vector<Level> levels;
  Middle middle;
  nn::GroupNorm norm;
  nn::Conv2d out;
};

/// z [B,C,h,w] -> images [B,3,H,W].
struct Decoder {
  Decoder(tensor::Weights w, const Config& config);
  Tensor operator()(const Tensor& z) const;

  nn::Conv2d in;
  Middle middle;
  std::vector<Level> levels;
  nn::GroupNorm norm;
  nn::Conv2d out;
};

/// The image autoencoder of Stable Diffusion (Rombach et al. 2022), diffusers' AutoencoderKL. It knows nothing of time: of a clip each
/// frame is done by itself. Encoding gives the mean of the distribution.
class Autoencoder : public VideoAutoencoder {
 public:
  Autoencoder(tensor::Weights w, const Config& config);

  Geometry geometry() const override { return {1, config_.space(), config_.latent_channels}; }
  base::Cost decode_cost(int64_t t, int64_t h, int64_t w) const override;
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const override;
  Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const override;

 private:
  Config config_;
  Encoder encoder_;
  Decoder decoder_;
  std::optional<nn::Conv2d> quantiser_, dequantiser_;
};

/// The autoencoder in a component's folder; weights are cast to the dtype of the placement once. The attention layers may have the names
/// of diffusers before version 0.12 (query, key, value, proj_attn). Parameters that are missing, of another shape or unknown are listed.
std::unique_ptr<Autoencoder> load(const std::filesystem::path& folder, const tensor::Placement& placement);

}  // namespace zoetrope::autoencoder::sd
