#pragma once
#include <array>
#include <optional>

#include "zoetrope/autoencoder/wan_band.h"
#include "zoetrope/autoencoder/wan_config.h"
#include "zoetrope/nn/causal_conv3d.h"
#include "zoetrope/nn/conv.h"

namespace zoetrope::autoencoder {

inline constexpr std::array<int64_t, 3> point{1, 1, 1};  // the kernel of a convolution that sees one place

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
  /// z [B,C,t,h,w] -> features of the same cells. Attention lets each of them see the whole picture.
  Tensor features(const Tensor& z, nn::Past& past) const;
  /// The band's part of the features -> its part of the frames [B,3*p*p,T,H/p,W/p].
  Tensor frames(const Tensor& x, nn::Past& past, const WanBand& band) const;
  /// The band of the finished frames' rows (`dim` 3) or columns (4) `wanted`, where the latents have `cells` of them.
  WanBand band(int dim, int64_t cells, Span wanted) const;

  nn::CausalConv3d in;
  WanMiddle middle;
  std::vector<WanUpLevel> levels;
  ChannelNorm norm;
  nn::CausalConv3d out;
};

}  // namespace zoetrope::autoencoder
