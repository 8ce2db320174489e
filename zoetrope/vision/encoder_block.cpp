#include "zoetrope/vision/encoder_block.h"

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"

namespace zoetrope::vision {

Activation activation_of(const std::string& name) {
  if (name == "gelu") return Activation::gelu;
  if (name == "quick_gelu") return Activation::quick_gelu;
  throw base::Error("image encoders with the activation '{}' are not supported; 'gelu' and 'quick_gelu' are", name);
}

void EncoderSizes::check() const {
  constexpr int64_t largest = 1 << 16;
  for (int64_t size : {width, heads, feed_forward})
    if (size < 1 || size > largest) throw base::Error("sizes of an image encoder must be from 1 to {}, got {}", largest, size);
  if (width % heads != 0)
    throw base::Error("an image encoder's width must be a multiple of its heads, got width {} and {} heads", width, heads);
}

EncoderBlock EncoderBlock::vit(nn::Weights w, const EncoderSizes& s, nn::Linear::Bias qkv_bias) {
  nn::Weights qkv = w / "attention" / "attention";
  return {s,
          {w / "layernorm_before", s.width, s.epsilon},
          {qkv / "query", s.width, s.width, qkv_bias},
          {qkv / "key", s.width, s.width, qkv_bias},
          {qkv / "value", s.width, s.width, qkv_bias},
          {w / "attention" / "output" / "dense", s.width, s.width},
          {w / "layernorm_after", s.width, s.epsilon},
          {w / "intermediate" / "dense", s.width, s.feed_forward},
          {w / "output" / "dense", s.feed_forward, s.width}};
}

EncoderBlock EncoderBlock::clip(nn::Weights w, const EncoderSizes& s) {
  return {s,
          {w / "layer_norm1", s.width, s.epsilon},
          {w / "self_attn" / "q_proj", s.width, s.width},
          {w / "self_attn" / "k_proj", s.width, s.width},
          {w / "self_attn" / "v_proj", s.width, s.width},
          {w / "self_attn" / "out_proj", s.width, s.width},
          {w / "layer_norm2", s.width, s.epsilon},
          {w / "mlp" / "fc1", s.width, s.feed_forward},
          {w / "mlp" / "fc2", s.feed_forward, s.width}};
}

Tensor EncoderBlock::operator()(Tensor x) const {
  auto heads = [&](const Tensor& t) { return t.unflatten(-1, {sizes.heads, -1}).transpose(1, 2); };  // [B,H,N,d]
  Tensor y = attention_norm(x);
  x = x + to_out(nn::attention(heads(to_q(y)), heads(to_k(y)), heads(to_v(y))).transpose(1, 2).flatten(2));
  y = fc1(feed_forward_norm(x));
  y = sizes.activation == Activation::gelu ? at::gelu(y) : y * at::sigmoid(1.702 * y);
  return x + fc2(y);
}

}  // namespace zoetrope::vision
