#pragma once
#include "zoetrope/nn/layers.h"
#include "zoetrope/nn/rotary.h"

namespace zoetrope::nn {

/// How attention is computed. `plain` is a product, a softmax and a product, which every device has; it holds the scores [B,H,N,M], and
/// with gradients keeps them. `fused` is PyTorch's kernel for the device and the dtype, whose memory grows with N + M.
enum class AttentionBackend { plain, fused };

/// The back end for q [B,H,N,d] and k [B,H,M,d] by device, dtype, length and whether gradients are taken.
AttentionBackend attention_backend(const Tensor& q, const Tensor& k, const Tensor& bias = {});

/// softmax(scale q k^T + bias) v. q [B,H,N,d], k and v [B,H,M,d], bias broadcastable to [B,H,N,M] or undefined -> [B,H,N,d].
/// The scale is 1/sqrt(d) if unset. The back end is `attention_backend`'s if unset.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias = {}, std::optional<double> scale = {},
                 std::optional<AttentionBackend> backend = {});

/// Who sees whom among tokens in blocks of `size` (the latent frames of a clip): a token sees its own block and all before it. With a
/// window it sees the last `window` blocks, its own among them, and the first block of all, as an anchor (Xiao et al. 2024, "Efficient
/// Streaming Language Models with Attention Sinks").
struct BlockCausal {
  int64_t size;
  std::optional<int64_t> window = {};
};

/// Attention in which the queries, q [B,H,N,d], are the last blocks of the keys and values, k and v [B,H,M,d] -> [B,H,N,d]. Computed block
/// by block: in fp32 a bias over all tokens takes 1.5 to 2.3 times as long, for 9 and 17 frames of 64 tokens (bench/attention_bench.cpp).
Tensor block_causal_attention(const Tensor& q, const Tensor& k, const Tensor& v, const BlockCausal& causal);

/// 0 where `mask` [B,L] is nonzero and a large negative number elsewhere, as an attention bias [B,1,1,L] of `dtype`.
Tensor mask_bias(const Tensor& mask, at::ScalarType dtype);

/// Keys and values of attention, each [B,H,M,d].
struct KeysValues {
  Tensor keys, values;

  /// Those of M tokens, then those of `next`. Both are those of `next` if these are undefined.
  KeysValues followed_by(const KeysValues& next) const;
  /// What the block after these M tokens sees of them.
  KeysValues seen_by_next(const BlockCausal& causal) const;
};

/// Multi-head attention with normalised queries and keys (layer norm without shift, Dehghani et al. 2023), with queries from
/// x [B,N,D], keys and values from context [B,M,C].
struct Attention {
  Attention(Weights w, int64_t width, int64_t context_width, int64_t heads);

  /// The keys and values of tokens at their positions, x [B,N,D], for self-attention.
  KeysValues keys_values(const Tensor& x, const RotaryEmbedding& rotary) const;
  /// Self-attention with rotary positions to M tokens, the last of which are x [B,N,D] -> [B,N,D]. Each sees all, unless `causal` is set.
  Tensor operator()(const Tensor& x, const RotaryEmbedding& rotary, const KeysValues& all, const std::optional<BlockCausal>& causal) const;
  /// The keys and values of a context [B,M,C], which a run computes once.
  KeysValues keys_values(const Tensor& context) const;
  /// Cross-attention to those of a context: x [B,N,D], bias as in `attention` -> [B,N,D].
  Tensor operator()(const Tensor& x, const KeysValues& context, const Tensor& bias) const;

  Linear to_q, to_k, to_v, to_out;
  Tensor norm_q, norm_k;  // gains, each [d]
  int64_t heads;

 private:
  Tensor split(const Tensor& x) const;                          // [B,N,D] -> [B,N,H,d]
  Tensor normalise(const Tensor& x, const Tensor& gain) const;  // over the last dimension
};

}  // namespace zoetrope::nn
