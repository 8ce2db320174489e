#include "zoetrope/transformer/wan.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/nn/sinusoid.h"
#include "zoetrope/tensor/config_size.h"
#include "zoetrope/transformer/cost.h"
#include "zoetrope/transformer/modulation.h"
#include "zoetrope/transformer/patches.h"

namespace zoetrope::transformer {
namespace {

constexpr const char* wan_class = "WanTransformer3DModel";
constexpr int64_t rows_at_once = 4096;  // of the feed-forward layers, whose inside is several times as wide as the tokens
constexpr int64_t text_rows = 512;      // the network was trained on prompts with rows of zeros behind them, up to this many

/// The bias of an attention in which the last row of each prompt stands for all of its rows of zeros and no other of them is read:
/// n equal keys weigh as much as one with log(n) added to its score. real [B,L] -> [B,1,1,L] fp32.
Tensor bias_of_rows(const Tensor& real) {
  Tensor bias = nn::mask_bias(real, at::kFloat);
  bias.select(-1, -1).copy_((text_rows - real.sum(1)).to(at::kFloat).log().view({-1, 1, 1}));
  return bias;
}

constexpr double norm_epsilon = 1e-5;  // of the picture's norms, which take PyTorch's own

/// The share of a head's pairs that each axis turns: a third for each side of the picture, the rest for time (Wan's `rope_params`).
nn::RotaryAxes rotary_axes(const WanConfig& config) {
  int64_t side = config.head_width / 6;
  return {.time_pairs = config.head_width / 2 - 2 * side,
          .height_pairs = side,
          .width_pairs = side,
          .fastest_space = 1,
          .slowness_time = 10000,
          .slowness_space = 10000};
}

}  // namespace

WanConfig WanConfig::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != wan_class)
    throw base::Error("the denoiser is a '{}', one of the Wan family is a '{}'", json.value("_class_name", ""), wan_class);
  WanConfig c;
  auto size = [&](const char* key) {
    constexpr int64_t largest = int64_t{1} << 20;
    return tensor::config_size(json.at(key), key, "denoiser", largest);
  };
  auto optional_size = [&](const char* key) {
    return json.value(key, base::Json()).is_null() ? std::optional<int64_t>() : std::optional<int64_t>(size(key));
  };
  std::vector<int64_t> patch = json.value("patch_size", std::vector<int64_t>{1, 2, 2});
  if (patch.size() != 3 || patch[0] != 1 || patch[1] != patch[2] || patch[1] < 1)
    throw base::Error("patches of a Wan model are one frame deep and square, got {}", json["patch_size"].dump());
  if (base::Json norm = json.value("qk_norm", base::Json("rms_norm_across_heads")); norm != "rms_norm_across_heads")
    throw base::Error("Wan models normalise queries and keys with 'rms_norm_across_heads', got {}", norm.dump());
  c.patch = patch[1];
  c.in_channels = size("in_channels");
  c.out_channels = size("out_channels");
  c.heads = size("num_attention_heads");
  c.head_width = size("attention_head_dim");
  c.feed_forward = size("ffn_dim");
  c.layers = size("num_layers");
  c.text_width = size("text_dim");
  c.time_features = size("freq_dim");
  c.text_norm = json.value("cross_attn_norm", true);
  c.image_width = optional_size("image_dim");
  c.image_positions = optional_size("pos_embed_seq_len");
  c.epsilon = json.value("eps", c.epsilon);
  if (c.head_width % 2 != 0 || c.time_features % 2 != 0)
    throw base::Error("'attention_head_dim' and 'freq_dim' of a Wan model must be even, got {} and {}", c.head_width, c.time_features);
  return c;
}

base::Json WanConfig::to_json() const {
  auto or_null = [](std::optional<int64_t> size) { return size ? base::Json(*size) : base::Json(); };
  return {{"_class_name", wan_class},
          {"patch_size", {1, patch, patch}},
          {"num_attention_heads", heads},
          {"attention_head_dim", head_width},
          {"in_channels", in_channels},
          {"out_channels", out_channels},
          {"text_dim", text_width},
          {"freq_dim", time_features},
          {"ffn_dim", feed_forward},
          {"num_layers", layers},
          {"cross_attn_norm", text_norm},
          {"qk_norm", "rms_norm_across_heads"},
          {"eps", epsilon},
          {"image_dim", or_null(image_width)},
          {"added_kv_proj_dim", image_width ? base::Json(width()) : base::Json()},
          {"rope_max_seq_len", 1024},
          {"pos_embed_seq_len", or_null(image_positions)}};
}

WanAttention::WanAttention(nn::Weights w, const WanConfig& c)
    : to_q(w / "to_q", c.width(), c.width()),
      to_k(w / "to_k", c.width(), c.width()),
      to_v(w / "to_v", c.width(), c.width()),
      to_out(w / "to_out" / 0, c.width(), c.width()),
      norm_q(w / "norm_q", c.width(), c.epsilon),
      norm_k(w / "norm_k", c.width(), c.epsilon),
      heads(c.heads) {}

Tensor WanAttention::read(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& bias) {
  return nn::attend(queries, keys, values, bias).transpose(1, 2).flatten(2);
}

WanBlock::WanBlock(nn::Weights w, const WanConfig& c)
    : self_attention(w / "attn1", c),
      cross_attention(w / "attn2", c),
      expand(w / "ffn" / "net" / 0 / "proj", c.width(), c.feed_forward),
      contract(w / "ffn" / "net" / 2, c.feed_forward, c.width()),
      modulation(w.get("scale_shift_table", {1, 6, c.width()})),
      epsilon(c.epsilon) {
  if (c.image_width) {
    image_k.emplace(w / "attn2" / "add_k_proj", c.width(), c.width());
    image_v.emplace(w / "attn2" / "add_v_proj", c.width(), c.width());
    image_norm_k.emplace(w / "attn2" / "norm_added_k", c.width(), c.epsilon);
  }
  if (c.text_norm) text_norm.emplace(w / "norm2", c.width(), c.epsilon);
}

Tensor WanBlock::read_context(const Tensor& x, const WanContext& context) const {
  const WanAttention& a = cross_attention;
  Tensor q = a.heads_of(a.norm_q(a.to_q(x)));  // [B,H,N,d]
  Tensor found = WanAttention::read(q, a.heads_of(a.norm_k(a.to_k(context.text))), a.heads_of(a.to_v(context.text)), context.text_bias);
  if (context.image.defined())
    found = WanAttention::read(q, a.heads_of((*image_norm_k)((*image_k)(context.image))), a.heads_of((*image_v)(context.image))) + found;
  return a.to_out(found);
}

Tensor WanBlock::operator()(Tensor x, const Tensor& level, const TokenTimesteps& timesteps, const nn::Rotation& rotation,
                            const WanContext& context, at::ScalarType compute) const {
  auto m = timesteps.of_tokens((modulation.to(at::kFloat) + level).flatten(2)).chunk(6, -1);
  Modulation attend{m[0], m[1], m[2], epsilon}, think{m[3], m[4], m[5], epsilon};
  const WanAttention& a = self_attention;

  Tensor y = attend.before(x).to(compute);
  Tensor q = rotation.neighbours(a.heads_of(a.norm_q(a.to_q(y)))), k = rotation.neighbours(a.heads_of(a.norm_k(a.to_k(y))));
  x = attend.after(x, a.to_out(WanAttention::read(q, k, a.heads_of(a.to_v(y)))));
  x.add_(read_context((text_norm ? (*text_norm)(x) : x).to(compute), context));
  y = think.before(x).to(compute);
  Tensor thought = at::empty_like(y);
  for (int64_t start = 0; start < y.size(1); start += rows_at_once) {
    auto rows = [&](const Tensor& t) { return t.narrow(1, start, std::min(rows_at_once, t.size(1) - start)); };
    Tensor wide = expand(rows(y));
    rows(thought).copy_(contract(at::gelu_(wide, "tanh")));
  }
  return think.after(x, thought);
}

WanImageEmbedding::WanImageEmbedding(nn::Weights w, const WanConfig& c)
    : norm1(w / "norm1", *c.image_width, norm_epsilon),
      norm2(w / "norm2", c.width(), norm_epsilon),
      positions(c.image_positions ? w.get("pos_embed", {1, *c.image_positions, *c.image_width}) : Tensor()),
      expand(w / "ff" / "net" / 0 / "proj", *c.image_width, *c.image_width),
      contract(w / "ff" / "net" / 2, *c.image_width, c.width()) {}

Tensor WanImageEmbedding::operator()(const Tensor& states) const {
  Tensor x = positions.defined() ? states + positions.to(states.scalar_type()) : states;
  return norm2(contract(at::gelu(expand(norm1(x)))));
}

WanDenoiser::WanDenoiser(nn::Weights w, const WanConfig& c, at::ScalarType compute)
    : config_(c),
      compute_(compute),
      patch_weight_((w / "patch_embedding").get("weight", {c.width(), c.in_channels, 1, c.patch, c.patch})),
      patch_bias_((w / "patch_embedding").get("bias", {c.width()})),
      time_in_(w / "condition_embedder" / "time_embedder" / "linear_1", c.time_features, c.width()),
      time_out_(w / "condition_embedder" / "time_embedder" / "linear_2", c.width(), c.width()),
      time_projection_(w / "condition_embedder" / "time_proj", c.width(), 6 * c.width()),
      text_in_(w / "condition_embedder" / "text_embedder" / "linear_1", c.text_width, c.width()),
      text_out_(w / "condition_embedder" / "text_embedder" / "linear_2", c.width(), c.width()),
      image_in_(c.image_width ? std::optional<WanImageEmbedding>(std::in_place, w / "condition_embedder" / "image_embedder", c)
                              : std::nullopt),
      blocks_([&] {
        std::vector<WanBlock> blocks;
        for (int64_t i = 0; i < c.layers; ++i) blocks.emplace_back(w / "blocks" / i, c);
        return blocks;
      }()),
      out_(w / "proj_out", c.width(), c.out_channels * c.patch * c.patch),
      final_modulation_(w.get("scale_shift_table", {1, 2, c.width()})) {}

WanContext WanDenoiser::read_conditioning(const Conditioning& conditioning) const {
  const text::TextEmbedding& text = conditioning.text;
  int64_t length = text.states.size(1);
  if (length > text_rows) throw base::Error("the prompt has {} tokens, a Wan model reads {} at most", length, text_rows);
  // Rows of zeros are all alike, so one of them is read with the weight of all.
  Tensor real = at::constant_pad_nd(text.mask, {0, 1}).narrow(1, 0, std::min(length + 1, text_rows));  // [B,L]
  Tensor states = at::constant_pad_nd(text.states, {0, 0, 0, real.size(1) - length});
  states = at::where(real.unsqueeze(-1) != 0, states, 0).to(compute_);
  WanContext context{text_out_(at::gelu(text_in_(states), "tanh")), {}};
  if (real.size(1) > length) context.text_bias = bias_of_rows(real).to(compute_);
  if (!image_in_) return context;
  if (!conditioning.image.defined()) throw base::UsageError("this model animates a picture: give one with --image");
  context.image = (*image_in_)(conditioning.image.to(compute_));
  return context;
}

base::Cost WanDenoiser::cost(const Grid& grid, int64_t clips) const {
  StackSizes sizes{.layers = config_.layers,
                   .width = config_.width(),
                   .feed_forward = config_.feed_forward,
                   .square_matrices = 6,
                   .rows_at_once = rows_at_once,
                   .bytes_per_number = static_cast<double>(at::elementSize(compute_))};
  return cost_of(sizes, grid.tokens(), clips);
}

Tensor WanDenoiser::predict(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const {
  Tensor seen = conditioning.concat_latents.defined() ? at::cat({latents, conditioning.concat_latents}, 1) : latents;
  if (seen.size(1) != config_.in_channels)
    throw base::Error("the denoiser looks at latents of {} channels, got {}", config_.in_channels, seen.size(1));
  if (latents.size(3) % config_.patch != 0 || latents.size(4) % config_.patch != 0)
    throw base::Error("latents of {}x{} cells cannot be cut into patches of {}x{}", latents.size(4), latents.size(3), config_.patch,
                      config_.patch);
  Grid cells = grid(latents.size(2), latents.size(3), latents.size(4));
  nn::Rotation rotation = nn::rotary_grid(rotary_axes(config_), cells.t, cells.h, cells.w);
  WanContext context = read_conditioning(conditioning);

  Tensor time = nn::sinusoid(timesteps.values, config_.time_features);                  // in fp32, as are the few rows that come of it
  time = time_out_(at::silu(time_in_(time)));                                           // [B,K,D]
  Tensor level = time_projection_(at::silu(time)).unflatten(-1, {6, config_.width()});  // [B,K,6,D]

  Tensor x = at::linear(patchify(seen.to(compute_), config_.patch), patch_weight_.flatten(1).to(compute_), patch_bias_.to(compute_));
  x = x.to(at::kFloat);  // [B,N,D]
  for (const WanBlock& block : blocks_) x = block(x, level, timesteps, rotation, context, compute_);

  auto m = timesteps.of_tokens((final_modulation_.to(at::kFloat) + time.unsqueeze(2)).flatten(2)).chunk(2, -1);
  x = out_(Modulation{m[0], m[1], {}, config_.epsilon}.before(x).to(compute_));  // [B,N,p*p*C], channels innermost
  x = x.unflatten(-1, {config_.patch * config_.patch, -1}).transpose(-1, -2).flatten(-2);
  return unpatchify(x, cells.t, cells.h, cells.w, config_.patch).to(at::kFloat);
}

}  // namespace zoetrope::transformer
