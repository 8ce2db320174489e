#include "zoetrope/transformer/wan/denoiser.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/config_size.h"
#include "zoetrope/transformer/layers.h"

namespace zoetrope::transformer::wan {
namespace {

constexpr const char* class_name = "WanTransformer3DModel";
constexpr int64_t rows_at_once = 4096;    // of the feed-forward layers, which are several times as wide as the tokens
constexpr int64_t max_text_tokens = 512;  // the network was trained on prompts padded with rows of zeros to this length

/// An attention bias with which the last row of each prompt stands for all of its rows of zeros: n equal keys weigh as much as one with
/// log(n) added to its score. real [B,L] -> [B,1,1,L] fp32.
Tensor padding_bias(const Tensor& real) {
  Tensor bias = nn::mask_bias(real, at::kFloat);
  bias.select(-1, -1).copy_((max_text_tokens - real.sum(1)).to(at::kFloat).log().view({-1, 1, 1}));
  return bias;
}

constexpr double norm_epsilon = 1e-5;  // of the image's norms: PyTorch's default

/// A third of a head's pairs for each side of the image, the rest for time (Wan's `rope_params`).
nn::RotaryAxes rotary_axes(const Config& config) {
  int64_t side = config.head_width / 6;
  return {.time_pairs = config.head_width / 2 - 2 * side,
          .height_pairs = side,
          .width_pairs = side,
          .scale_space = 1,
          .theta_time = 10000,
          .theta_space = 10000};
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != class_name)
    throw base::Error("the denoiser is a '{}', those of Wan are a '{}'", json.value("_class_name", ""), class_name);
  Config c;
  auto size = [&](const char* key) {
    constexpr int64_t largest = int64_t{1} << 20;
    return tensor::config_size(json.at(key), key, "denoiser", largest);
  };
  auto optional_size = [&](const char* key) {
    return json.value(key, base::Json()).is_null() ? std::optional<int64_t>() : std::optional<int64_t>(size(key));
  };
  std::vector<int64_t> patch = json.value("patch_size", std::vector<int64_t>{1, 2, 2});
  if (patch.size() != 3 || patch[0] != 1 || patch[1] != patch[2] || patch[1] < 1)
    throw base::Error("patches of a Wan model must be one frame deep and square, got {}", json["patch_size"].dump());
  if (base::Json norm = json.value("qk_norm", base::Json("rms_norm_across_heads")); norm != "rms_norm_across_heads")
    throw base::Error("'qk_norm' of a Wan model must be 'rms_norm_across_heads', got {}", norm.dump());
  c.patch = patch[1];
  c.in_channels = size("in_channels");
  c.out_channels = size("out_channels");
  c.heads = size("num_attention_heads");
  c.head_width = size("attention_head_dim");
  c.feed_forward = size("ffn_dim");
  c.layers = size("num_layers");
  c.text_width = size("text_dim");
  c.frequency_embedding_size = size("freq_dim");
  c.text_norm = json.value("cross_attn_norm", true);
  c.image_width = optional_size("image_dim");
  c.image_positions = optional_size("pos_embed_seq_len");
  c.epsilon = json.value("eps", c.epsilon);
  if (c.head_width % 2 != 0 || c.frequency_embedding_size % 2 != 0)
    throw base::Error("'attention_head_dim' and 'freq_dim' of a Wan model must be even, got {} and {}", c.head_width,
                      c.frequency_embedding_size);
  return c;
}

base::Json Config::to_json() const {
  auto or_null = [](std::optional<int64_t> size) { return size ? base::Json(*size) : base::Json(); };
  return {{"_class_name", class_name},
          {"patch_size", {1, patch, patch}},
          {"num_attention_heads", heads},
          {"attention_head_dim", head_width},
          {"in_channels", in_channels},
          {"out_channels", out_channels},
          {"text_dim", text_width},
          {"freq_dim", frequency_embedding_size},
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

Attention::Attention(nn::Weights w, const Config& c)
    : to_q(w / "to_q", c.width(), c.width()),
      to_k(w / "to_k", c.width(), c.width()),
      to_v(w / "to_v", c.width(), c.width()),
      to_out(w / "to_out" / 0, c.width(), c.width()),
      norm_q(w / "norm_q", c.width(), c.epsilon),
      norm_k(w / "norm_k", c.width(), c.epsilon),
      heads(c.heads) {}

Tensor Attention::attention(const Tensor& queries, const Tensor& keys, const Tensor& values, const Tensor& bias) {
  return nn::attention(queries, keys, values, bias).transpose(1, 2).flatten(2);
}

Block::Block(nn::Weights w, const Config& c)
    : self_attention(w / "attn1", c),
      cross_attention(w / "attn2", c),
      fc1(w / "ffn" / "net" / 0 / "proj", c.width(), c.feed_forward),
      fc2(w / "ffn" / "net" / 2, c.feed_forward, c.width()),
      modulation(w.get("scale_shift_table", {1, 6, c.width()})),
      epsilon(c.epsilon) {
  if (c.image_width) {
    image_k.emplace(w / "attn2" / "add_k_proj", c.width(), c.width());
    image_v.emplace(w / "attn2" / "add_v_proj", c.width(), c.width());
    image_norm_k.emplace(w / "attn2" / "norm_added_k", c.width(), c.epsilon);
  }
  if (c.text_norm) text_norm.emplace(w / "norm2", c.width(), c.epsilon);
}

CrossInputs Block::cross_inputs(const Tensor& text, const Tensor& image) const {
  const Attention& a = cross_attention;
  CrossInputs cross{{a.split_heads(a.norm_k(a.to_k(text))), a.split_heads(a.to_v(text))}};
  if (image.defined()) cross.image = {a.split_heads((*image_norm_k)((*image_k)(image))), a.split_heads((*image_v)(image))};
  return cross;
}

Tensor Block::attend_to_context(const Tensor& x, const CrossInputs& cross, const Tensor& text_bias) const {
  const Attention& a = cross_attention;
  Tensor q = a.split_heads(a.norm_q(a.to_q(x)));  // [B,H,N,d]
  Tensor out = Attention::attention(q, cross.text.keys, cross.text.values, text_bias);
  if (cross.image) out = Attention::attention(q, cross.image->keys, cross.image->values) + out;
  return a.to_out(out);
}

Tensor Block::operator()(Tensor x, const BlockInputs& in, const CrossInputs& cross) const {
  auto m = in.timesteps.of_tokens((modulation.to(at::kFloat) + in.modulations).flatten(2)).chunk(6, -1);
  Modulation msa{m[0], m[1], m[2], epsilon}, mlp{m[3], m[4], m[5], epsilon};
  const Attention& a = self_attention;

  Tensor y = msa.modulate(x).to(in.compute);
  Tensor q = in.rotary.apply_interleaved(a.split_heads(a.norm_q(a.to_q(y)))),
         k = in.rotary.apply_interleaved(a.split_heads(a.norm_k(a.to_k(y))));
  x = msa.gate_residual(x, a.to_out(Attention::attention(q, k, a.split_heads(a.to_v(y)))));
  x = x + attend_to_context((text_norm ? (*text_norm)(x) : x).to(in.compute), cross, in.text_bias);
  return mlp.gate_residual(x, feed_forward(mlp.modulate(x).to(in.compute)));
}

/// The widest tensors of a block are those of its feed-forward layers, so they are computed some rows at a time, except where autograd
/// keeps them anyway.
Tensor Block::feed_forward(const Tensor& y) const {
  if (at::GradMode::is_enabled()) return fc2(at::gelu(fc1(y), "tanh"));
  Tensor out = at::empty_like(y);
  for (int64_t start = 0; start < y.size(1); start += rows_at_once) {
    auto rows = [&](const Tensor& t) { return t.narrow(1, start, std::min(rows_at_once, t.size(1) - start)); };
    Tensor wide = fc1(rows(y));
    rows(out).copy_(fc2(at::gelu_(wide, "tanh")));
  }
  return out;
}

ImageEmbedding::ImageEmbedding(nn::Weights w, const Config& c)
    : norm1(w / "norm1", *c.image_width, norm_epsilon),
      norm2(w / "norm2", c.width(), norm_epsilon),
      positions(c.image_positions ? w.get("pos_embed", {1, *c.image_positions, *c.image_width}) : Tensor()),
      fc1(w / "ff" / "net" / 0 / "proj", *c.image_width, *c.image_width),
      fc2(w / "ff" / "net" / 2, *c.image_width, c.width()) {}

Tensor ImageEmbedding::operator()(const Tensor& states) const {
  Tensor x = positions.defined() ? states + positions.to(states.scalar_type()) : states;
  return norm2(fc2(at::gelu(fc1(norm1(x)))));
}

Denoiser::Denoiser(nn::Weights w, const Config& c)
    : config_(c),
      compute_(w.placement().dtype),
      patch_embed_weight_((w / "patch_embedding").get("weight", {c.width(), c.in_channels, 1, c.patch, c.patch})),
      patch_embed_bias_((w / "patch_embedding").get("bias", {c.width()})),
      time_mlp_in_(w / "condition_embedder" / "time_embedder" / "linear_1", c.frequency_embedding_size, c.width()),
      time_mlp_out_(w / "condition_embedder" / "time_embedder" / "linear_2", c.width(), c.width()),
      time_proj_(w / "condition_embedder" / "time_proj", c.width(), 6 * c.width()),
      text_proj_in_(w / "condition_embedder" / "text_embedder" / "linear_1", c.text_width, c.width()),
      text_proj_out_(w / "condition_embedder" / "text_embedder" / "linear_2", c.width(), c.width()),
      image_proj_(c.image_width ? std::optional<ImageEmbedding>(std::in_place, w / "condition_embedder" / "image_embedder", c)
                                : std::nullopt),
      blocks_([&] {
        std::vector<Block> blocks;
        for (int64_t i = 0; i < c.layers; ++i) blocks.emplace_back(w / "blocks" / i, c);
        return blocks;
      }()),
      proj_out_(w / "proj_out", c.width(), c.out_channels * c.patch * c.patch),
      final_modulation_(w.get("scale_shift_table", {1, 2, c.width()})) {}

std::pair<Tensor, Tensor> Denoiser::read_text(const text::TextEmbedding& text) const {
  int64_t length = text.states.size(1);
  if (length > max_text_tokens) throw base::Error("the prompt has {} tokens, a Wan model reads at most {}", length, max_text_tokens);
  // Rows of zeros are all alike, so one of them is read with the weight of all.
  Tensor real = at::constant_pad_nd(text.mask, {0, 1}).narrow(1, 0, std::min(length + 1, max_text_tokens));  // [B,L]
  Tensor states = at::constant_pad_nd(text.states, {0, 0, 0, real.size(1) - length});
  states = at::where(real.unsqueeze(-1) != 0, states, 0).to(compute_);
  return {text_proj_out_(at::gelu(text_proj_in_(states), "tanh")), real.size(1) > length ? padding_bias(real).to(compute_) : Tensor()};
}

std::unique_ptr<RunContext> Denoiser::begin(const Conditioning& conditioning, const TokenLayout& layout) const {
  check_attends_all(layout);
  if (image_proj_ && !conditioning.image.defined()) throw base::UsageError("this model animates an image, and none is given");
  auto run = std::make_unique<Run>();
  Tensor text, image = image_proj_ ? (*image_proj_)(conditioning.image.to(compute_)) : Tensor();
  std::tie(text, run->text_bias) = read_text(conditioning.text);
  run->grid = layout.grid;
  run->rotary = nn::rotary_embedding(rotary_axes(config_), layout.positions, text.device()).to(compute_);
  if (conditioning.concat_latents.defined()) run->concat_latents = conditioning.concat_latents.to(compute_);
  for (const Block& block : blocks_) run->cross.push_back(block.cross_inputs(text, image));
  return run;
}

base::Cost Denoiser::cost(const Grid& grid, int64_t clips) const {
  StackSizes sizes{.layers = config_.layers,
                   .width = config_.width(),
                   .feed_forward = config_.feed_forward,
                   .square_matrices = 6,
                   .rows_at_once = rows_at_once,
                   .bytes_per_number = static_cast<double>(at::elementSize(compute_))};
  return cost_of(sizes, grid.tokens(), clips);
}

Tensor Denoiser::predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& context) const {
  const auto& run = dynamic_cast<const Run&>(context);
  Tensor input = latents.to(compute_);
  if (run.concat_latents.defined()) input = at::cat({input, run.concat_latents}, 1);
  if (input.size(1) != config_.in_channels)
    throw base::Error("the denoiser takes latents of {} channels, got {}", config_.in_channels, input.size(1));

  Tensor time = nn::sinusoid(timesteps.values.to(latents.device()), config_.frequency_embedding_size);  // the few rows stay in fp32
  time = time_mlp_out_(at::silu(time_mlp_in_(time)));                                                   // [B,K,D]
  BlockInputs inputs{compute_, time_proj_(at::silu(time)).unflatten(-1, {6, config_.width()}), timesteps, run.rotary, run.text_bias};

  Tensor x = at::linear(patchify(input, config_.patch), patch_embed_weight_.flatten(1).to(compute_), patch_embed_bias_.to(compute_));
  x = x.to(at::kFloat);  // [B,N,D]
  for (size_t i = 0; i < blocks_.size(); ++i) {
    run.between_blocks();
    x = blocks_[i](x, inputs, run.cross[i]);
  }

  auto m = timesteps.of_tokens((final_modulation_.to(at::kFloat) + time.unsqueeze(2)).flatten(2)).chunk(2, -1);
  x = proj_out_(Modulation{m[0], m[1], {}, config_.epsilon}.modulate(x).to(compute_));  // [B,N,p*p*C], channels innermost
  x = x.unflatten(-1, {config_.patch * config_.patch, -1}).transpose(-1, -2).flatten(-2);
  return unpatchify(x, run.grid.t, run.grid.h, run.grid.w, config_.patch).to(at::kFloat);
}

namespace {

/// What the expert in use keeps, and what the other one begins with.
struct ExpertsRun : RunContext {
  ExpertsRun(Conditioning conditioning, TokenLayout layout) : conditioning(std::move(conditioning)), layout(std::move(layout)) {}

  Conditioning conditioning;
  TokenLayout layout;
  const wan::Denoiser* expert = nullptr;
  std::unique_ptr<RunContext> run = {};
};

}  // namespace

std::unique_ptr<RunContext> Experts::begin(const Conditioning& conditioning, const TokenLayout& layout) const {
  return std::make_unique<ExpertsRun>(conditioning, layout);
}

Tensor Experts::predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& context) const {
  auto& experts = dynamic_cast<ExpertsRun&>(context);
  const wan::Denoiser& expert = timesteps.values.max().item<double>() >= boundary_ ? high_ : low_;  // the values are on the CPU
  if (experts.expert != &expert) {
    experts.run.reset();  // first, since both together may be large
    experts.run = expert.begin(experts.conditioning, experts.layout);
    experts.run->observer = experts.observer;
    experts.expert = &expert;
  }
  return expert.predict(latents, timesteps, *experts.run);
}

}  // namespace zoetrope::transformer::wan
