#include "zoetrope/transformer/dit/denoiser.h"

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/tensor/config_size.h"
#include "zoetrope/transformer/layers.h"

namespace zoetrope::transformer::dit {
namespace {

constexpr int64_t frequency_embedding_size = 256;  // of a timestep (diffusers' CombinedTimestepLabelEmbeddings)

/// Sines, then cosines, of positions on one axis [N] at `features` / 2 rates from 1 to almost 1/10000 -> [N,features] in double.
Tensor embed_axis(const Tensor& positions, int64_t features) {
  int64_t half = features / 2;
  Tensor rates = 1 / at::pow(10000.0, at::arange(half, positions.options().dtype(at::kDouble)) / static_cast<double>(half));
  Tensor angles = positions.to(at::kDouble).unsqueeze(-1) * rates;
  return at::cat({angles.sin(), angles.cos()}, -1);
}

/// Position embedding of each patch, [h*w,width] fp32: its column in the first half, its row in the second. Grids of another size than the
/// `side` patches of training are scaled to the same positions.
Tensor position_embedding(const Grid& grid, int64_t side, int64_t width, at::Device device) {
  auto axis = [&](int64_t length) {
    return at::arange(length, at::TensorOptions(device).dtype(at::kFloat)) / (static_cast<double>(length) / static_cast<double>(side));
  };
  Tensor columns = embed_axis(axis(grid.w), width / 2).unsqueeze(0).expand({grid.h, -1, -1});
  Tensor rows = embed_axis(axis(grid.h), width / 2).unsqueeze(1).expand({-1, grid.w, -1});
  return at::cat({columns, rows}, -1).flatten(0, 1).to(at::kFloat);
}

void check_choice(const base::Json& json, const char* key, const base::Json& only) {
  if (base::Json value = json.value(key, only); value != only)
    throw base::Error("'{}' in the denoiser's config.json must be {} for a DiT, got {}", key, only.dump(), value.dump());
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  std::string name = json.value("_class_name", "");
  if (name != "DiTTransformer2DModel" && name != "Transformer2DModel")  // the second is from older versions of diffusers
    throw base::Error("the denoiser is a '{}', a DiT is a 'DiTTransformer2DModel'", name);
  check_choice(json, "norm_type", "ada_norm_zero");
  check_choice(json, "activation_fn", "gelu-approximate");
  check_choice(json, "norm_elementwise_affine", false);
  Config c;
  auto size = [&](const char* key, int64_t otherwise) {
    constexpr int64_t largest = int64_t{1} << 20;
    base::Json value = json.value(key, base::Json());
    return value.is_null() ? otherwise : tensor::config_size(value, key, "denoiser", largest);
  };
  c.heads = size("num_attention_heads", c.heads);
  c.head_width = size("attention_head_dim", c.head_width);
  c.layers = size("num_layers", c.layers);
  c.in_channels = size("in_channels", c.in_channels);
  c.out_channels = size("out_channels", c.in_channels);
  c.patch = size("patch_size", c.patch);
  c.side = size("sample_size", c.side);
  c.classes = size("num_embeds_ada_norm", c.classes);
  c.attention_bias = json.value("attention_bias", true);
  c.epsilon = json.value("norm_eps", c.epsilon);
  if (c.out_channels != c.in_channels && c.out_channels != 2 * c.in_channels)
    throw base::Error("a DiT with {} channels has as many output channels, or twice as many with the variance; its config.json says {}",
                      c.in_channels, c.out_channels);
  if (c.width() % 4 != 0) throw base::Error("the width of a DiT must be a multiple of 4, got {} heads of {}", c.heads, c.head_width);
  if (c.side < c.patch) throw base::Error("a DiT for latents of {0}x{0} cannot cut them into patches of {1}x{1}", c.side, c.patch);
  return c;
}

Embedding::Embedding(nn::Weights w, const Config& c)
    : time_mlp_in(w / "timestep_embedder" / "linear_1", frequency_embedding_size, c.width()),
      time_mlp_out(w / "timestep_embedder" / "linear_2", c.width(), c.width()),
      classes((w / "class_embedder" / "embedding_table").get("weight", {c.classes + 1, c.width()})) {}

Tensor Embedding::operator()(const Tensor& timesteps, const Tensor& of_classes) const {
  Tensor time = nn::sinusoid(timesteps, frequency_embedding_size, /*downscale_freq_shift=*/1).to(of_classes.scalar_type());
  return time_mlp_out(at::silu(time_mlp_in(time))) + of_classes;
}

Block::Block(nn::Weights w, const Config& c)
    : embedding(w / "norm1" / "emb", c),
      modulation(w / "norm1" / "linear", c.width(), 6 * c.width()),
      to_q(w / "attn1" / "to_q", c.width(), c.width(), c.attention_bias ? nn::Linear::Bias::yes : nn::Linear::Bias::no),
      to_k(w / "attn1" / "to_k", c.width(), c.width(), c.attention_bias ? nn::Linear::Bias::yes : nn::Linear::Bias::no),
      to_v(w / "attn1" / "to_v", c.width(), c.width(), c.attention_bias ? nn::Linear::Bias::yes : nn::Linear::Bias::no),
      to_out(w / "attn1" / "to_out" / 0, c.width(), c.width()),
      fc1(w / "ff" / "net" / 0 / "proj", c.width(), 4 * c.width()),
      fc2(w / "ff" / "net" / 2, 4 * c.width(), c.width()),
      heads(c.heads),
      epsilon(c.epsilon) {}

Tensor Block::attend(const Tensor& x) const {
  auto split = [&](const Tensor& t) { return t.unflatten(-1, {heads, -1}).transpose(1, 2); };               // [B,H,N,d]
  return to_out(nn::attention(split(to_q(x)), split(to_k(x)), split(to_v(x))).transpose(1, 2).flatten(2));  // [B,N,D]
}

Tensor Block::operator()(Tensor x, const Tensor& timesteps, const Tensor& classes) const {
  const at::ScalarType compute = classes.scalar_type();
  Tensor modulations = modulation(at::silu(embedding(timesteps, classes)));  // [B,6D]
  auto m = modulations.to(at::kFloat).unsqueeze(1).chunk(6, -1);             // [B,1,D] each
  Modulation msa{m[0], m[1], m[2]}, mlp{m[3], m[4], m[5], epsilon};

  x = msa.gate_residual(x, attend(msa.modulate(x).to(compute)));
  return mlp.gate_residual(x, fc2(at::gelu(fc1(mlp.modulate(x).to(compute)), "tanh")));
}

Denoiser::Denoiser(nn::Weights w, const Config& c)
    : config_(c),
      compute_(w.placement().dtype),
      patch_embed_weight_((w / "pos_embed" / "proj").get("weight", {c.width(), c.in_channels, c.patch, c.patch})),
      patch_embed_bias_((w / "pos_embed" / "proj").get("bias", {c.width()})),
      blocks_([&] {
        std::vector<Block> blocks;
        for (int64_t i = 0; i < c.layers; ++i) blocks.emplace_back(w / "transformer_blocks" / i, c);
        return blocks;
      }()),
      final_modulation_(w / "proj_out_1", c.width(), 2 * c.width()),
      proj_out_(w / "proj_out_2", c.width(), c.patch * c.patch * c.out_channels) {}

base::Cost Denoiser::cost(const Grid& grid, int64_t clips) const {
  StackSizes sizes{.layers = config_.layers,
                   .width = config_.width(),
                   .feed_forward = 4 * config_.width(),
                   .square_matrices = 4,
                   .bytes_per_number = static_cast<double>(at::elementSize(compute_))};
  return cost_of(sizes, grid.tokens(), clips);
}

std::unique_ptr<RunContext> Denoiser::begin(const Conditioning& conditioning, const TokenLayout& layout) const {
  check_attends_all(layout);
  const Tensor& labels = conditioning.label;
  if (layout.grid.t != 1) throw base::UsageError("this model makes single images, got a clip of {} latent frames", layout.grid.t);
  if (!labels.defined()) throw base::UsageError("this model makes images of a class, and none is given");
  if (labels.min().item<int64_t>() < 0 || labels.max().item<int64_t>() > config_.classes)
    throw base::UsageError("the classes of this model are 0 to {}, and {} for none of them", config_.classes - 1, config_.classes);
  auto run = std::make_unique<Run>();
  run->grid = layout.grid;
  run->positions = position_embedding(layout.grid, config_.side / config_.patch, config_.width(), labels.device());
  for (const Block& block : blocks_) run->classes.push_back(block.embedding.of_classes(labels, compute_));
  return run;
}

Tensor Denoiser::predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& context) const {
  const auto& run = dynamic_cast<const Run&>(context);
  if (latents.size(1) != config_.in_channels)
    throw base::Error("the denoiser takes latents of {} channels, got {}", config_.in_channels, latents.size(1));
  if (timesteps.values.size(1) != 1)
    throw base::UsageError("this model has one timestep per image, got {}: no part of it can be given", timesteps.values.size(1));
  Tensor t = timesteps.values.squeeze(1).to(latents.device());  // [B]

  Tensor x = at::linear(patchify(latents.to(compute_), config_.patch), patch_embed_weight_.flatten(1).to(compute_),
                        patch_embed_bias_.to(compute_));
  x = x.to(at::kFloat) + run.positions;  // [B,N,D]
  for (size_t i = 0; i < blocks_.size(); ++i) {
    run.between_blocks();
    x = blocks_[i](x, t, run.classes[i]);
  }

  Tensor modulations = final_modulation_(at::silu(blocks_.front().embedding(t, run.classes.front())));
  auto m = modulations.to(at::kFloat).unsqueeze(1).chunk(2, -1);
  x = proj_out_(Modulation{m[0], m[1], {}}.modulate(x).to(compute_));  // [B,N,p*p*C], channels innermost
  x = x.unflatten(-1, {config_.patch * config_.patch, -1}).transpose(-1, -2).flatten(-2);
  return unpatchify(x, 1, run.grid.h, run.grid.w, config_.patch).to(at::kFloat);
}

std::unique_ptr<Denoiser> load(const std::filesystem::path& folder, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(folder, placement);
  checkpoint.cast_weights();
  Config config = tensor::read_config<Config>(folder);
  auto build = [&](tensor::Weights w) { return std::make_unique<Denoiser>(w, config); };
  return tensor::build_model(checkpoint, build, {"pos_embed.pos_embed"});  // a constant, which some files hold nevertheless
}

}  // namespace zoetrope::transformer::dit
