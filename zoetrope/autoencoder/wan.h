#pragma once
#include <filesystem>
#include <memory>
#include <optional>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/json.h"
#include "zoetrope/nn/causal_conv3d.h"
#include "zoetrope/nn/conv.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::autoencoder {

/// Sizes of a Wan autoencoder, as they stand in the config.json that diffusers writes.
struct WanConfig {
  int64_t encoder_width = 96, decoder_width = 96;
  int64_t latent_channels = 16;
  std::vector<int64_t> multiples{1, 2, 4, 4};        // of the width, a level each
  int64_t blocks = 2;                                // residual blocks a level; the decoder has one more
  std::vector<bool> halves_time{false, true, true};  // whether the way down from a level halves time, too
  bool shortcuts = false;                            // Wan2.2: averages lead around each level
  int64_t patch = 1;                                 // Wan2.2: pixels a side that are folded into channels first
  int64_t time = 4, space = 8;                       // compression
  std::vector<double> latents_mean, latents_std;     // a value a channel

  static WanConfig from_json(const base::Json& json);
  base::Json to_json() const;
  /// `time` and `space` from the levels.
  void set_compression();
};

/// A norm over channels with a gain, x [B,C,...] -> a new tensor of that shape (Wan's `RMS_norm`, which divides by the length of the
/// vector).
struct ChannelNorm {
  ChannelNorm(tensor::Weights w, int64_t channels, int64_t places);
  Tensor operator()(const Tensor& x) const;

  Tensor gamma;  // [C,1,1] or [C,1,1,1]
};

struct WanResidualBlock {
  WanResidualBlock(tensor::Weights w, int64_t in, int64_t out);
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  ChannelNorm norm1, norm2;
  nn::CausalConv3d conv1, conv2;
  std::optional<nn::CausalConv3d> shortcut;  // where the widths differ
};

/// Attention of one head among the cells of a frame.
struct WanAttentionBlock {
  WanAttentionBlock(tensor::Weights w, int64_t width);
  Tensor operator()(const Tensor& x) const;

  ChannelNorm norm;
  nn::Conv2d to_qkv, out;
};

struct WanMiddle {
  WanMiddle(tensor::Weights w, int64_t width);
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  WanResidualBlock first;
  WanAttentionBlock attention;
  WanResidualBlock second;
};

/// Halves height and width, and in some levels time: there the first frame stays one frame, and of every two later ones comes one.
struct WanDown {
  WanDown(tensor::Weights w, int64_t width, bool halves_time);
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  Tensor weight, bias;                   // of a 3x3 convolution with stride 2
  std::optional<nn::CausalConv3d> time;  // three frames, stride 2
};

/// Doubles height and width, and in some levels time: there the first frame stays one frame, and every later one becomes two.
struct WanUp {
  WanUp(tensor::Weights w, int64_t in, int64_t out, bool doubles_time);
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  std::optional<nn::CausalConv3d> time;  // to twice the channels, which become two frames
  nn::Conv2d conv;
};

/// Residual blocks of one width, then a change of resolution in all levels but the last.
struct WanDownLevel {
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  std::vector<WanResidualBlock> blocks;
  std::optional<WanDown> down;
  bool shortcut;  // an average over the frames and cells that become one leads around the level
  int64_t out;
};

struct WanUpLevel {
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  std::vector<WanResidualBlock> blocks;
  std::optional<WanUp> up;
  bool shortcut;  // copies of each cell lead around the level
  int64_t out;
};

struct WanEncoder {
  WanEncoder(tensor::Weights w, const WanConfig& config);
  /// x [B,3*p*p,T,H/p,W/p] -> mean of the latents and more, [B,2C,t,h,w], before normalisation.
  Tensor operator()(const Tensor& x, nn::Past& past) const;

  nn::CausalConv3d in;
  std::vector<WanDownLevel> levels;
  WanMiddle middle;
  ChannelNorm norm;
  nn::CausalConv3d out;
};

struct WanDecoder {
  WanDecoder(tensor::Weights w, const WanConfig& config);
  Tensor operator()(const Tensor& z, nn::Past& past) const;

  nn::CausalConv3d in;
  WanMiddle middle;
  std::vector<WanUpLevel> levels;
  ChannelNorm norm;
  nn::CausalConv3d out;
};

/// The causal autoencoders of Wan2.1 (4x8x8, 16 channels) and Wan2.2 (4x16x16, 48 channels). Parameter names are those of diffusers'
/// AutoencoderKLWan. Latents are the encoder's mean.
class WanAutoencoder : public VideoAutoencoder {
 public:
  WanAutoencoder(tensor::Weights w, const WanConfig& config, at::ScalarType compute = at::kFloat);

  Geometry geometry() const override { return {config_.time, config_.space, config_.latent_channels}; }
  base::Effort decode_effort(int64_t h, int64_t w) const override;
  Tensor encode_next(const Tensor& frames, Cache& cache) const override;
  Tensor decode_next(const Tensor& latent, Cache& cache) const override;

 private:
  WanConfig config_;
  at::ScalarType compute_;
  Tensor mean_, deviation_;  // [1,C,1,1,1]
  WanEncoder encoder_;
  nn::CausalConv3d to_moments_, from_latents_;
  WanDecoder decoder_;
};

}  // namespace zoetrope::autoencoder
