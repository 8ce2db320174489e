#pragma once
#include <string>

#include "zoetrope/nn/layers.h"

namespace zoetrope::vision {

enum class Activation { gelu, quick_gelu };

/// The activation that a config.json calls `name`.
Activation activation_of(const std::string& name);

/// Sizes of the blocks of an image encoder.
struct EncoderSizes {
  int64_t width, heads, feed_forward;
  double epsilon;
  Activation activation;

  /// Refuses sizes of which no block can be made.
  void check() const;
};

/// A block of a vision transformer with the norms before its two halves.
struct EncoderBlock {
  /// With the names of transformers' ViT.
  static EncoderBlock vit(nn::Weights w, const EncoderSizes& sizes, nn::Linear::Bias qkv_bias);
  /// With the names of transformers' CLIP.
  static EncoderBlock clip(nn::Weights w, const EncoderSizes& sizes);

  Tensor operator()(Tensor x) const;  // [B,N,D] -> [B,N,D]

  EncoderSizes sizes;
  nn::LayerNorm attention_norm;
  nn::Linear to_q, to_k, to_v, to_out;
  nn::LayerNorm feed_forward_norm;
  nn::Linear fc1, fc2;
};

}  // namespace zoetrope::vision
