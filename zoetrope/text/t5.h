#pragma once
#include <optional>

#include "zoetrope/base/json.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::text {

/// Sizes of a T5 v1.1 or UMT5 encoder (Raffel et al. 2020; Chung et al. 2023), as `transformers` writes them into config.json.
struct T5Config {
  int64_t vocabulary = 32128;
  int64_t width = 512;      // D
  int64_t head_width = 64;  // d; heads * head_width need not be the width
  int64_t heads = 6;        // H
  int64_t feed_forward = 1024;
  int64_t layers = 8;
  int64_t buckets = 32;         // of distances between tokens, half of them for each direction
  int64_t max_distance = 128;   // from here on all distances share a bucket
  bool per_layer_bias = false;  // UMT5 learns the bias in every layer, T5 in the first for all
  double epsilon = 1e-6;

  static T5Config from_json(const base::Json& json);
  base::Json to_json() const;
};

/// The bucket of each distance from an asking token to an answering one (key minus query): [length, length] int64. Short
/// distances have a bucket of their own, longer ones share logarithmically wider buckets.
Tensor relative_buckets(int64_t length, int64_t buckets, int64_t max_distance);

/// Self-attention without scaling and without biases.
struct T5Attention {
  T5Attention(nn::Weights w, const T5Config& config);
  /// x [B,L,D], bias [B,H,L,L] -> [B,L,D].
  Tensor operator()(const Tensor& x, const Tensor& bias) const;

  nn::Linear q, k, v, o;
  int64_t heads;
};

/// Gated feed-forward layer (Shazeer 2020), with GELU in its tanh form.
struct T5FeedForward {
  T5FeedForward(nn::Weights w, const T5Config& config);
  /// x [B,L,D] -> [B,L,D].
  Tensor operator()(const Tensor& x) const;

  nn::Linear gate, up, down;
};

struct T5Block {
  T5Block(nn::Weights w, const T5Config& config, bool has_distance_bias);
  Tensor operator()(Tensor x, const Tensor& bias) const;

  std::optional<nn::Embedding> distance_bias;  // [buckets, H]; none where the block uses that of the block before
  nn::RmsNorm attention_norm;
  T5Attention attention;
  nn::RmsNorm feed_forward_norm;
  T5FeedForward feed_forward;
};

/// The encoder half of T5 v1.1 and UMT5. Norms are computed in fp32; autograd can follow.
struct T5Encoder {
  T5Encoder(nn::Weights w, const T5Config& config);
  /// ids [B,L] int64, mask [B,L] with 1 for real tokens -> [B,L,D]; states of padding mean nothing.
  Tensor operator()(const Tensor& ids, const Tensor& mask) const;

  /// T5's own start: every matrix so that logits begin near 1 without scaling (transformers, T5PreTrainedModel).
  static tensor::Initialiser init(const T5Config& config);

  T5Config config;
  at::ScalarType compute;
  nn::Embedding embedding;  // [vocabulary, D]
  std::vector<T5Block> blocks;
  nn::RmsNorm final_norm;
};

}  // namespace zoetrope::text
