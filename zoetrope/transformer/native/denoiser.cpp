#include "zoetrope/transformer/native/denoiser.h"

#include <cmath>
#include <numbers>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/transformer/layers.h"

namespace zoetrope::transformer::native {
namespace {

constexpr const char* class_name = "ZoetropeDenoiser";
constexpr int64_t frequency_embedding_size = 128;  // of a timestep
constexpr double guidance_unit = 10;               // scales of guidance up to 10 are embedded as timesteps up to 1 are
constexpr int64_t num_frequencies = 4;             // of a position in the image: 1, 2, 4, 8 half turns from edge to edge

/// Sinusoidal embedding of timesteps in [0,1]: [B,K] -> [B,K,frequency_embedding_size], up to 30 radians per unit (Vaswani et al. 2017).
Tensor timestep_embedding(const Tensor& timesteps) {
  int64_t half = frequency_embedding_size / 2;
  Tensor rates = 30 * at::exp(at::arange(half, timesteps.options()) * (-std::log(1000.0) / half));
  Tensor angles = timesteps.unsqueeze(-1) * rates;
  return at::cat({angles.cos(), angles.sin()}, -1);
}

/// Embedding of each patch's position in the image, relative to its size: y and x in [0,1] -> [t*h*w, 4 * num_frequencies] fp32.
Tensor position_embedding(const Grid& grid, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(device).dtype(at::kFloat);
  auto axis = [&](int64_t length) { return (at::arange(length, options) + 0.5) / static_cast<double>(length); };
  Tensor y = axis(grid.h).view({1, grid.h, 1, 1}).expand({grid.t, grid.h, grid.w, 1});
  Tensor x = axis(grid.w).view({1, 1, grid.w, 1}).expand({grid.t, grid.h, grid.w, 1});
  Tensor octaves = at::pow(2, at::arange(num_frequencies, options)) * std::numbers::pi;
  Tensor angles = at::cat({y * octaves, x * octaves}, -1).reshape({grid.tokens(), 2 * num_frequencies});
  return at::cat({angles.cos(), angles.sin()}, -1);
}

/// A quarter of a head's pairs rotates with time, the rest with height and width.
nn::RotaryAxes rotary_axes(const Config& config) {
  int64_t pairs = config.width / config.heads / 2, space = pairs * 3 / 8;
  return {.time_pairs = pairs - 2 * space, .height_pairs = space, .width_pairs = space};
}

/// A block of tokens is a latent frame.
std::optional<nn::BlockCausal> causal_of(const TokenLayout& layout) {
  if (layout.window && *layout.window < 1)
    throw base::UsageError("a window of attention must have 1 latent frame or more, got {}", *layout.window);
  if (layout.window && layout.attends == Attends::all)
    throw base::UsageError("a window of {} latent frames is for tokens that only see their past; omit it", *layout.window);
  if (layout.attends == Attends::all) return {};
  return nn::BlockCausal{layout.grid.h * layout.grid.w, layout.window};
}

/// The mean of the text's states over its real tokens: [B,L,C] -> [B,1,C].
Tensor pool(const text::TextEmbedding& text) {
  Tensor mask = text.mask.to(text.states.scalar_type()).unsqueeze(-1);
  return (text.states * mask).sum(1, true) / mask.sum(1, true);
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != class_name)
    throw base::Error("the denoiser is a '{}', Zoetrope's own is a '{}'", json.value("_class_name", ""), class_name);
  Config c;
  c.latent_channels = json.at("latent_channels");
  c.patch = json.at("patch");
  c.width = json.at("width");
  c.depth = json.at("depth");
  c.heads = json.at("heads");
  c.feed_forward = json.at("feed_forward");
  c.modulation_rank = json.at("modulation_rank");
  c.text_width = json.at("text_width");
  c.actions = json.value("actions", c.actions);
  c.guidance_embedding = json.value("guidance_embedding", c.guidance_embedding);
  c.check();
  return c;
}

void Config::check() const {
  constexpr int64_t largest = int64_t{1} << 24;
  for (int64_t size : {latent_channels, patch, width, depth, heads, feed_forward, modulation_rank, text_width})
    if (size < 1 || size > largest) throw base::UsageError("the sizes of the denoiser must be from 1 to {}, got {}", largest, size);
  if (width % (2 * heads) != 0)
    throw base::UsageError("the denoiser's width must be an even multiple of its heads, got width {} and {} heads", width, heads);
  if (actions != 0 && (actions < 2 || actions > largest))
    throw base::UsageError("the actions of the denoiser include 'none', so there are 2 or more, or 0 without any; got {}", actions);
}

base::Json Config::to_json() const {
  base::Json json{{"_class_name", class_name},
                  {"latent_channels", latent_channels},
                  {"patch", patch},
                  {"width", width},
                  {"depth", depth},
                  {"heads", heads},
                  {"feed_forward", feed_forward},
                  {"modulation_rank", modulation_rank},
                  {"text_width", text_width}};
  if (actions != 0) json["actions"] = actions;
  if (guidance_embedding) json["guidance_embedding"] = true;
  return json;
}

Block::Block(nn::Weights w, const Config& c)
    : modulation_in(w / "modulation" / 0, c.width, c.modulation_rank, nn::Linear::Bias::no),
      modulation_out(w / "modulation" / 1, c.modulation_rank, 6 * c.width),
      self_attention(w / "attn1", c.width, c.width, c.heads),
      cross_attention(w / "attn2", c.width, c.text_width, c.heads),
      fc1(w / "ffn" / 0, c.width, c.feed_forward),
      fc2(w / "ffn" / 2, c.feed_forward, c.width) {}

Block::Output Block::operator()(Tensor x, const BlockInputs& inputs, const BlockState& state) const {
  auto m = of_tokens(modulation_out(modulation_in(inputs.embedded)).to(at::kFloat), inputs.index).chunk(6, -1);
  Modulation msa{m[0], m[1], m[2]}, mlp{m[3], m[4], m[5]};
  auto compute = [&](const Tensor& y) { return y.to(inputs.compute); };

  Tensor y = compute(msa.modulate(x));
  nn::KeysValues all = state.past.followed_by(self_attention.keys_values(y, inputs.rotary));
  x = msa.gate_residual(x, self_attention(y, inputs.rotary, all, inputs.causal));
  x = x + cross_attention(compute(at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-6)), state.text, inputs.text_bias);
  x = mlp.gate_residual(x, fc2(at::gelu(fc1(compute(mlp.modulate(x))), "tanh")));
  return {x, all};
}

Denoiser::Denoiser(nn::Weights w, const Config& c)
    : config_(c),
      compute_(w.placement().dtype),
      patch_embed_(w / "patch_in", c.latent_channels * c.patch * c.patch, c.width),
      position_proj_(w / "position_in", 4 * num_frequencies, c.width, nn::Linear::Bias::no),
      time_mlp_in_(w / "level_in", frequency_embedding_size, c.width),
      time_mlp_out_(w / "level_out", c.width, c.width),
      text_proj_(w / "text_in", c.text_width, c.width),
      blocks_([&] {
        std::vector<Block> blocks;
        for (int64_t i = 0; i < c.depth; ++i) blocks.emplace_back(w / "blocks" / i, c);
        return blocks;
      }()),
      final_modulation_(w / "final_modulation", c.width, 2 * c.width),
      proj_out_(w / "patch_out", c.width, c.latent_channels * c.patch * c.patch) {
  if (c.guidance_embedding) {
    guidance_mlp_in_.emplace(w / "guidance_in", frequency_embedding_size, c.width);
    guidance_mlp_out_.emplace(w / "guidance_out", c.width, c.width);
  }
  if (c.actions > 0) action_embedding_ = (w / "action_embedding").get("weight", {c.actions - 1, c.width});
}

base::Cost Denoiser::cost(const Grid& grid, int64_t clips) const {
  StackSizes sizes{.layers = config_.depth,
                   .width = config_.width,
                   .feed_forward = config_.feed_forward,
                   .square_matrices = 6,
                   .bytes_per_number = static_cast<double>(at::elementSize(compute_))};
  return cost_of(sizes, grid.tokens(), clips);
}

Tensor Denoiser::embed_guidance(const Tensor& guidance) const {
  if (!guidance_mlp_in_) throw base::UsageError("this model cannot be told a guidance scale: it is trained without a guidance embedding");
  Tensor scales = timestep_embedding(guidance.unsqueeze(1) / guidance_unit).to(compute_);  // [B,1,frequency_embedding_size]
  return (*guidance_mlp_out_)(at::silu((*guidance_mlp_in_)(scales)));
}

Tensor Denoiser::embed_actions(const Tensor& action, int64_t clips, const Grid& grid) const {
  if (!action_embedding_.defined()) throw base::UsageError("this model takes no actions: it is trained without them");
  if (action.sizes() != at::IntArrayRef{clips, grid.t})
    throw base::UsageError("actions are given for each latent frame of each clip, so as [{},{}]; got [{}]", clips, grid.t,
                           fmt::join(action.sizes(), ","));
  if (action.min().item<int64_t>() < 0 || action.max().item<int64_t>() >= config_.actions)
    throw base::UsageError("the actions of this model are 0 to {}, got one of {}", config_.actions - 1,
                           (action.min().item<int64_t>() < 0 ? action.min() : action.max()).item<int64_t>());
  Tensor none = at::zeros({1, config_.width}, action_embedding_.options());
  return at::embedding(at::cat({none, action_embedding_}), action).to(compute_);
}

std::unique_ptr<RunContext> Denoiser::begin(const Conditioning& conditioning, const TokenLayout& layout) const {
  const at::Device device = conditioning.text.states.device();
  auto run = std::make_unique<Run>();
  run->layout = layout;
  run->causal = causal_of(layout);
  run->positions = position_proj_(position_embedding(layout.grid, device).to(compute_));
  run->blocks.resize(blocks_.size());
  place(*run, device);
  set_conditioning(conditioning, *run);
  return run;
}

void Denoiser::place(Run& run, at::Device device) const {
  run.rotary = nn::rotary_embedding(rotary_axes(config_), run.layout.positions, device).to(compute_);
}

void Denoiser::set_conditioning(const Conditioning& conditioning, RunContext& context) const {
  auto& run = dynamic_cast<Run&>(context);
  text::TextEmbedding text{conditioning.text.states.to(compute_), conditioning.text.mask};
  run.told = text_proj_(pool(text));
  if (conditioning.guidance.defined()) run.told = run.told + embed_guidance(conditioning.guidance);
  run.text_bias = nn::mask_bias(text.mask, compute_);
  for (size_t i = 0; i < blocks_.size(); ++i) run.blocks[i].text = blocks_[i].cross_attention.keys_values(text.states);
  set_action(conditioning.action, run);
}

void Denoiser::set_action(const Tensor& action, RunContext& context) const {
  auto& run = dynamic_cast<Run&>(context);
  run.actions = action.defined() ? embed_actions(action, run.told.size(0), run.layout.grid) : Tensor();
}

BlockInputs Denoiser::block_inputs(const TokenTimesteps& timesteps, const Run& run, at::Device device) const {
  Tensor time = time_mlp_out_(at::silu(time_mlp_in_(timestep_embedding(timesteps.values.to(device)).to(compute_))));  // [B,K,D]
  Tensor embedded = time + run.told, index = timesteps.index;
  if (run.actions.defined()) {
    const Grid& grid = run.layout.grid;
    Tensor frame = at::arange(grid.t, at::TensorOptions(device).dtype(at::kLong)).repeat_interleave(grid.h * grid.w);  // [N]
    index = index.defined() ? index * grid.t + frame : frame.expand({embedded.size(0), -1});
    embedded = (embedded.unsqueeze(2) + run.actions.unsqueeze(1)).flatten(1, 2);  // [B,K*t,D]
  }
  return {compute_, at::silu(embedded), index, run.rotary, run.causal, run.text_bias};
}

Tensor Denoiser::run_blocks(const Tensor& latents, const BlockInputs& inputs, const Run& run, std::vector<nn::KeysValues>* all) const {
  Tensor x = patch_embed_(patchify(latents.to(compute_), config_.patch)) + run.positions;
  x = x.to(at::kFloat);  // [B,N,D]
  for (size_t i = 0; i < blocks_.size(); ++i) {
    run.between_blocks();
    Block::Output out = blocks_[i](x, inputs, run.blocks[i]);
    x = out.x;
    if (all != nullptr) all->push_back(out.all);
  }
  return x;
}

Tensor Denoiser::predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& context) const {
  const auto& run = dynamic_cast<const Run&>(context);
  BlockInputs inputs = block_inputs(timesteps, run, latents.device());
  Tensor x = run_blocks(latents, inputs, run, nullptr);

  auto m = of_tokens(final_modulation_(inputs.embedded).to(at::kFloat), inputs.index).chunk(2, -1);
  x = at::addcmul(m[0], at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-6), 1 + m[1]);
  const Grid& grid = run.layout.grid;
  return unpatchify(proj_out_(x.to(compute_)), grid.t, grid.h, grid.w, config_.patch).to(at::kFloat);
}

void Denoiser::append(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& context) const {
  auto& run = dynamic_cast<Run&>(context);
  if (!run.causal) throw base::UsageError("frames can be appended to a run whose tokens see their past, and in this one they see all");
  std::vector<nn::KeysValues> all;
  run_blocks(latents, block_inputs(timesteps, run, latents.device()), run, &all);
  for (size_t i = 0; i < all.size(); ++i) run.blocks[i].past = all[i].seen_by_next(*run.causal);
  run.layout.positions = run.layout.positions + at::tensor({run.layout.grid.t, int64_t{0}, int64_t{0}}).to(at::kDouble);
  place(run, latents.device());
}

tensor::Init Denoiser::init(const std::string& name, at::IntArrayRef shape) {
  bool zero = name.find("modulation.1.") != std::string::npos || name.find("final_modulation.") != std::string::npos ||
              name.find("patch_out.") != std::string::npos || name.find("attn2.to_out.") != std::string::npos ||
              name.find("guidance_out.") != std::string::npos || name.find("action_embedding.") != std::string::npos;
  return zero ? tensor::Init{0, 0} : tensor::lecun_normal(name, shape);
}

std::unique_ptr<Denoiser> load(const std::filesystem::path& folder, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(folder, placement);
  checkpoint.cast_weights();
  return std::make_unique<Denoiser>(tensor::Weights(checkpoint), tensor::read_config<Config>(folder));
}

void save(const std::filesystem::path& folder, const Config& config, const std::map<std::string, Tensor>& parameters) {
  tensor::save_component(folder, config.to_json(), parameters, at::kBFloat16);
}

}  // namespace zoetrope::transformer::native
