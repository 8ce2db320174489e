#pragma once
#include <array>
#include <optional>

#include "zoetrope/autoencoder/wan/band.h"
#include "zoetrope/autoencoder/wan/config.h"
#include "zoetrope/nn/causal_conv3d.h"
#include "zoetrope/nn/layers.h"

namespace zoetrope::autoencoder::wan {

inline constexpr std::array<int64_t, 3> k1{1, 1, 1};  // the kernel of a convolution that sees one place

/// A norm over channels with a gain, x [B,C,...] -> a new tensor of that shape (Wan's `RMS_norm`, which divides by the length of the
/// vector).
struct ChannelNorm {
  ChannelNorm(tensor::Weights w, int64_t channels, int64_t places);
  Tensor operator()(const Tensor& x) const;

  Tensor gamma;  // [C,1,1] or [C,1,1,1]
};

struct ResidualBlock {
  ResidualBlock(tensor::Weights w, int64_t in, int64_t out);
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  ChannelNorm norm1, norm2;
  nn::CausalConv3d conv1, conv2;
  std::optional<nn::CausalConv3d> shortcut;  // where the widths differ
};

/// Attention of one head among the cells of a frame.
struct AttentionBlock {
  AttentionBlock(tensor::Weights w, int64_t width);
  Tensor operator()(const Tensor& x) const;

  ChannelNorm norm;
  nn::Conv2d to_qkv, out;
};

struct Middle {
  Middle(tensor::Weights w, int64_t width);
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  ResidualBlock first;
  AttentionBlock attention;
  ResidualBlock second;
};

/// Halves height and width, and in some levels time: there the first frame stays one frame, and of every two later ones comes one.
struct Down {
  Down(tensor::Weights w, int64_t width, bool temporal_downsample);
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  Tensor weight, bias;                   // of a 3x3 convolution with stride 2
  std::optional<nn::CausalConv3d> time;  // three frames, stride 2
};

/// Doubles height and width, and in some levels time: there the first frame stays one frame, and every later one becomes two.
struct Up {
  Up(tensor::Weights w, int64_t in, int64_t out, bool doubles_time);
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  std::optional<nn::CausalConv3d> time;  // to twice the channels, which become two frames
  nn::Conv2d conv;
};

/// Residual blocks of one width, then a change of resolution in all levels but the last.
struct DownLevel {
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  std::vector<ResidualBlock> blocks;
  std::optional<Down> down;
  bool shortcut;  // an average over the frames and cells that become one leads around the level
  int64_t out;
};

struct UpLevel {
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  std::vector<ResidualBlock> blocks;
  std::optional<Up> up;
  bool shortcut;  // copies of each cell lead around the level
  int64_t out;
};

struct Encoder {
  Encoder(tensor::Weights w, const Config& config);
  /// x [B,3*p*p,T,H/p,W/p] -> mean of the latents and more, [B,2C,t,h,w], before normalisation.
  Tensor operator()(const Tensor& x, nn::FeatureCache& cache) const;

  nn::CausalConv3d in;
  std::vector<DownLevel> levels;
  Middle middle;
  ChannelNorm norm;
  nn::CausalConv3d out;
};

struct Decoder {
  Decoder(tensor::Weights w, const Config& config);
  /// z [B,C,t,h,w] -> features of the same cells. Attention lets each of them see the whole image.
  Tensor features(const Tensor& z, nn::FeatureCache& cache) const;
  /// The band's part of the features -> its part of the frames [B,3*p*p,T,H/p,W/p].
  Tensor frames(const Tensor& x, nn::FeatureCache& cache, const Band& band) const;
  /// The band of the finished frames' rows (`dim` 3) or columns (4) `wanted`, where the latents have `cells` of them.
  Band band(int dim, int64_t cells, Span wanted) const;

  nn::CausalConv3d in;
  Middle middle;
  std::vector<UpLevel> levels;
  ChannelNorm norm;
  nn::CausalConv3d out;
};

}  // namespace zoetrope::autoencoder::wan
