#include "zoetrope/nn/attention.h"

#include <cmath>

namespace zoetrope::nn {
namespace {

/// Of x [B,H,M,d], the blocks of `size` tokens that a query in block `own` sees, and that are before block `end`.
Tensor seen_blocks(const Tensor& x, const BlockCausal& causal, int64_t own, int64_t end) {
  const int64_t first = causal.window ? own + 1 - *causal.window : 0;
  if (first <= 1) return x.narrow(2, 0, end * causal.size);  // the anchor is the first block
  return at::cat({x.narrow(2, 0, causal.size), x.narrow(2, first * causal.size, (end - first) * causal.size)}, 2);
}

}  // namespace

AttentionBackend attention_backend(const Tensor& q, const Tensor& k, const Tensor& bias) {
  using enum AttentionBackend;
  if (q.is_cuda()) return fused;
  if (!q.is_cpu()) return plain;
  if (!at::GradMode::is_enabled()) return fused;
  if (bias.defined() && bias.requires_grad()) return plain;  // the fused kernel gives no gradient of the bias
  // With gradients the plain product is faster as long as a head's scores are few: in bf16 more than twice as fast below these numbers; in
  // fp32 alike below and up to three times slower above them (bench/attention_bench.cpp).
  const int64_t most_scores = int64_t{1} << (q.scalar_type() == at::kBFloat16 ? 22 : 20);
  return q.size(2) * k.size(2) <= most_scores ? plain : fused;
}

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, std::optional<double> scale,
                 std::optional<AttentionBackend> backend) {
  double factor = scale.value_or(1 / std::sqrt(static_cast<double>(q.size(-1))));
  if (backend.value_or(attention_backend(q, k, bias)) == AttentionBackend::fused) {
    auto mask = bias.defined() ? std::optional<Tensor>(bias) : std::nullopt;
    return at::scaled_dot_product_attention(q, k, v, mask, /*dropout_p=*/0, /*is_causal=*/false, factor);
  }
  Tensor scores = at::matmul(factor == 1 ? q : q * factor, k.transpose(-1, -2));  // [B,H,N,M]
  if (bias.defined()) scores = scores + bias;
  return at::matmul(at::softmax(scores, -1), v);
}

Tensor block_causal_attention(const Tensor& q, const Tensor& k, const Tensor& v, const BlockCausal& causal) {
  std::vector<Tensor> outputs;
  int64_t own = (k.size(2) - q.size(2)) / causal.size;  // the block of the queries
  for (const Tensor& queries : q.split(causal.size, 2)) {
    outputs.push_back(attention(queries, seen_blocks(k, causal, own, own + 1), seen_blocks(v, causal, own, own + 1)));
    ++own;
  }
  return at::cat(outputs, 2);
}

Tensor mask_bias(const Tensor& mask, at::ScalarType dtype) {
  return at::zeros(mask.sizes(), mask.options().dtype(dtype)).masked_fill_(mask == 0, -30000.0).unsqueeze(1).unsqueeze(1);
}

KeysValues KeysValues::followed_by(const KeysValues& next) const {
  if (!keys.defined()) return next;
  return {at::cat({keys, next.keys}, 2), at::cat({values, next.values}, 2)};
}

KeysValues KeysValues::seen_by_next(const BlockCausal& causal) const {
  const int64_t next = keys.size(2) / causal.size;
  return {seen_blocks(keys, causal, next, next), seen_blocks(values, causal, next, next)};
}

Attention::Attention(Weights w, int64_t width, int64_t context_width, int64_t heads)
    : to_q(w / "to_q", width, width, Linear::Bias::no),
      to_k(w / "to_k", context_width, width, Linear::Bias::no),
      to_v(w / "to_v", context_width, width, Linear::Bias::no),
      to_out(w / "to_out", width, width),
      norm_q((w / "norm_q").get("weight", {width / heads})),
      norm_k((w / "norm_k").get("weight", {width / heads})),
      heads(heads) {}

Tensor Attention::split(const Tensor& x) const { return x.unflatten(-1, {heads, -1}); }

Tensor Attention::normalise(const Tensor& x, const Tensor& gain) const {
  return at::layer_norm(x, gain.sizes(), gain.to(x.scalar_type()), {}, 1e-6);
}

KeysValues Attention::keys_values(const Tensor& x, const RotaryEmbedding& rotary) const {
  KeysValues own = keys_values(x);
  return {rotary.apply_half(own.keys), own.values};
}

Tensor Attention::operator()(const Tensor& x, const RotaryEmbedding& rotary, const KeysValues& all,
                             const std::optional<BlockCausal>& causal) const {
  Tensor q = rotary.apply_half(normalise(split(to_q(x)), norm_q).transpose(1, 2));  // [B,H,N,d]
  Tensor out = causal ? block_causal_attention(q, all.keys, all.values, *causal) : attention(q, all.keys, all.values);
  return to_out(out.transpose(1, 2).flatten(2));  // [B,N,D]
}

KeysValues Attention::keys_values(const Tensor& context) const {
  return {normalise(split(to_k(context)), norm_k).transpose(1, 2), split(to_v(context)).transpose(1, 2)};
}

Tensor Attention::operator()(const Tensor& x, const KeysValues& context, const Tensor& bias) const {
  Tensor q = normalise(split(to_q(x)), norm_q).transpose(1, 2);                                // [B,H,N,d]
  return to_out(attention(q, context.keys, context.values, bias).transpose(1, 2).flatten(2));  // [B,N,D]
}

}  // namespace zoetrope::nn
