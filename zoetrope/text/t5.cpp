#include "zoetrope/text/t5.h"

#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"

namespace zoetrope::text {

Tensor relative_buckets(int64_t length, int64_t buckets, int64_t max_distance) {
  int64_t half = buckets / 2, exact = half / 2;
  Tensor place = at::arange(length, at::kLong);
  Tensor offset = place.unsqueeze(0) - place.unsqueeze(1);  // [query, key]
  Tensor distance = offset.abs();
  double octaves = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  // In fp32, and in this order, because the rounding decides into which bucket a distance at a border falls.
  Tensor wide = exact + (at::log(distance.to(at::kFloat) / exact) / octaves * (half - exact)).clamp_min(0).to(at::kLong);
  Tensor bucket = at::where(distance < exact, distance, wide.clamp_max(half - 1));
  return bucket + (offset > 0).to(at::kLong) * half;
}

T5Attention::T5Attention(nn::Weights w, const T5Config& c)
    : q(w / "q", c.width, c.heads * c.head_width, nn::Linear::Bias::no),
      k(w / "k", c.width, c.heads * c.head_width, nn::Linear::Bias::no),
      v(w / "v", c.width, c.heads * c.head_width, nn::Linear::Bias::no),
      o(w / "o", c.heads * c.head_width, c.width, nn::Linear::Bias::no),
      heads(c.heads) {}

Tensor T5Attention::operator()(const Tensor& x, const Tensor& bias) const {
  auto split = [&](const Tensor& t) { return t.unflatten(-1, {heads, -1}).transpose(1, 2); };  // [B,L,H*d] -> [B,H,L,d]
  Tensor y = nn::attention(split(q(x)), split(k(x)), split(v(x)), bias, /*scale=*/1);          // [B,H,L,d]
  return o(y.transpose(1, 2).flatten(2));                                                      // [B,L,D]
}

T5FeedForward::T5FeedForward(nn::Weights w, const T5Config& c)
    : gate(w / "wi_0", c.width, c.feed_forward, nn::Linear::Bias::no),
      up(w / "wi_1", c.width, c.feed_forward, nn::Linear::Bias::no),
      down(w / "wo", c.feed_forward, c.width, nn::Linear::Bias::no) {}

Tensor T5FeedForward::operator()(const Tensor& x) const { return down(at::gelu(gate(x), "tanh") * up(x)); }

T5Block::T5Block(nn::Weights w, const T5Config& c, bool has_distance_bias)
    : distance_bias(has_distance_bias
                        ? std::optional<nn::Embedding>(std::in_place, w / "layer" / 0 / "SelfAttention" / "relative_attention_bias",
                                                       c.buckets, c.heads)
                        : std::nullopt),
      attention_norm(w / "layer" / 0 / "layer_norm", c.width, c.epsilon),
      attention(w / "layer" / 0 / "SelfAttention", c),
      feed_forward_norm(w / "layer" / 1 / "layer_norm", c.width, c.epsilon),
      feed_forward(w / "layer" / 1 / "DenseReluDense", c) {}

Tensor T5Block::operator()(Tensor x, const Tensor& bias) const {
  x = x + attention(attention_norm(x), bias);
  return x + feed_forward(feed_forward_norm(x));
}

T5Encoder::T5Encoder(nn::Weights w, const T5Config& c)
    : config(c),
      compute(w.placement().dtype),
      // One table under two names; files hold either.
      embedding(w.has("shared.weight") ? w / "shared" : w / "encoder" / "embed_tokens", c.vocabulary, c.width),
      blocks([&] {
        std::vector<T5Block> blocks;
        for (int64_t i = 0; i < c.layers; ++i) blocks.emplace_back(w / "encoder" / "block" / i, c, c.per_layer_bias || i == 0);
        return blocks;
      }()),
      final_norm(w / "encoder" / "final_layer_norm", c.width, c.epsilon) {}

Tensor T5Encoder::operator()(const Tensor& ids, const Tensor& mask) const {
  Tensor buckets = relative_buckets(ids.size(1), config.buckets, config.max_distance).to(ids.device());  // [L,L]
  Tensor padding = nn::mask_bias(mask, compute);                                                         // [B,1,1,L]

  Tensor x = embedding(ids, compute);  // [B,L,D]
  Tensor bias;
  for (const T5Block& block : blocks) {
    if (block.distance_bias) bias = (*block.distance_bias)(buckets, compute).permute({2, 0, 1}) + padding;  // [B,H,L,L]
    x = block(x, bias);
  }
  return final_norm(x);
}

tensor::Initialiser T5Encoder::init(const T5Config& c) {
  return [c](const std::string& name, at::IntArrayRef shape) -> tensor::Init {
    auto fan = [](int64_t in) { return tensor::Init{1 / std::sqrt(static_cast<double>(in)), 0}; };
    if (name.ends_with("norm.weight")) return {0, 1};
    if (name.ends_with("shared.weight")) return {1, 0};
    if (name.ends_with("relative_attention_bias.weight")) return fan(c.width);
    if (name.ends_with(".q.weight")) return fan(c.width * c.head_width);
    return fan(shape.back());
  };
}

}  // namespace zoetrope::text
