#include "zoetrope/nn/attention.h"

#include <algorithm>
#include <cmath>

namespace zoetrope::nn {

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
  const int64_t size = causal.size, blocks = k.size(2) / size;
  auto seen = [&](const Tensor& t, int64_t own) {
    const int64_t first = causal.window ? std::max<int64_t>(0, own + 1 - *causal.window) : 0;
    Tensor last = t.narrow(2, first * size, (own + 1 - first) * size);
    return first == 0 ? last : at::cat({t.narrow(2, 0, size), last}, 2);
  };
  std::vector<Tensor> outputs;
  int64_t own = blocks - q.size(2) / size;  // the block of the queries
  for (const Tensor& queries : q.split(size, 2)) {
    outputs.push_back(attention(queries, seen(k, own), seen(v, own)));
    ++own;
  }
  return at::cat(outputs, 2);
}

Tensor mask_bias(const Tensor& mask, at::ScalarType dtype) {
  return at::zeros(mask.sizes(), mask.options().dtype(dtype)).masked_fill_(mask == 0, -30000.0).unsqueeze(1).unsqueeze(1);
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

Tensor Attention::operator()(const Tensor& x, const RotaryEmbedding& rotary, const std::optional<BlockCausal>& causal) const {
  Tensor q = rotary.apply_half(normalise(split(to_q(x)), norm_q).transpose(1, 2));  // [B,H,N,d]
  Tensor k = rotary.apply_half(normalise(split(to_k(x)), norm_k).transpose(1, 2));  // [B,H,N,d]
  Tensor v = split(to_v(x)).transpose(1, 2);                                        // [B,H,N,d]
  Tensor out = causal ? block_causal_attention(q, k, v, *causal) : attention(q, k, v);
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
