#include "zoetrope/autoencoder/native/autoencoder.h"

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::autoencoder::native {
namespace {

constexpr const char* class_name = "ZoetropeAutoencoder";
constexpr int64_t group = 4;            // frames a latent frame
constexpr int64_t colours = 3 * group;  // channels of a group of frames
constexpr int64_t cell = 8;             // pixels a side of a latent cell

/// A whole clip at once.
class ShiftedFeatures : public PreviousFeatures {
 public:
  explicit ShiftedFeatures(int64_t latent_frames) : t_(latent_frames) {}
  Tensor of(const std::string&, const Tensor& x) override { return shift_by_latent_frame(x, t_); }

 private:
  int64_t t_;
};

/// A stream: each layer finds what it left in its slot one latent frame ago.
class CachedFeatures : public PreviousFeatures {
 public:
  explicit CachedFeatures(nn::FeatureCache& cache) : cache_(cache) {}
  Tensor of(const std::string& layer, const Tensor& x) override {
    std::vector<Tensor>& slot = cache_.slot(layer);
    if (slot.empty()) slot.push_back(at::zeros_like(x));
    return std::exchange(slot.front(), x);
  }

 private:
  nn::FeatureCache& cache_;
};

Tensor per_channel(const std::vector<double>& values, int64_t channels, double otherwise, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(device).dtype(at::kFloat);
  if (values.empty()) return at::full({1, channels, 1, 1}, otherwise, options);
  if (static_cast<int64_t>(values.size()) != channels)
    throw base::Error("the autoencoder has {} channels, but its config.json has a mean or scale for {}", channels, values.size());
  return at::tensor(at::ArrayRef<double>(values), options).view({1, channels, 1, 1});
}

/// Frames [B,3,1 or 4,H,W] as one group [B,12,H,W]; a single frame is repeated.
Tensor to_group(const Tensor& frames) {
  Tensor four = frames.size(2) == 1 ? frames.expand({-1, -1, group, -1, -1}) : frames;
  return four.flatten(1, 2).contiguous(at::MemoryFormat::ChannelsLast);
}

/// A group [B,12,H,W] as frames [B,3,4,H,W], or as their mean [B,3,1,H,W] where the group stands for one frame.
Tensor from_group(const Tensor& groups, bool single) {
  Tensor four = groups.unflatten(1, {3, group});
  return single ? four.mean(2, /*keepdim=*/true) : four;
}

/// Format 1 of the decoder had `linear`, a transposed convolution of cells that do not overlap, and no `blend`: a synthesis that looks at
/// no neighbour, and a blend that keeps each pixel, are the same function.
std::map<std::string, Tensor> with_overlapping_synthesis(tensor::Checkpoint& checkpoint) {
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : checkpoint.names()) tensors[name] = checkpoint.get(name, checkpoint.entry(name).shape);
  Tensor linear = tensors.extract("decoder.linear.weight").mapped();  // [C,12,8,8]
  Tensor bias = tensors.extract("decoder.linear.bias").mapped();      // [12]
  int64_t channels = linear.size(0);
  Tensor synthesis = at::zeros({colours * cell * cell, 2 * channels, 3, 3}, linear.options());
  synthesis.select(3, 1).select(2, 1).narrow(1, channels, channels).copy_(linear.flatten(1).t());
  Tensor blend = at::zeros({colours, colours, 3, 3}, linear.options());
  blend.select(3, 1).select(2, 1).copy_(at::eye(colours, linear.options()));
  tensors["decoder.synthesis.weight"] = synthesis;
  tensors["decoder.synthesis.bias"] = bias.repeat_interleave(cell * cell);
  tensors["decoder.blend.weight"] = blend;
  tensors["decoder.blend.bias"] = at::zeros({colours}, linear.options());
  return tensors;
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != class_name)
    throw base::Error("the autoencoder is a '{}', Zoetrope's own is a '{}'", json.value("_class_name", ""), class_name);
  Config c;
  c.latent_channels = json.at("latent_channels");
  c.encoder_widths = json.at("encoder_widths");
  c.decoder_widths = json.at("decoder_widths");
  c.encoder_blocks = json.at("encoder_blocks");
  c.decoder_blocks = json.at("decoder_blocks");
  c.latents_mean = json.at("latents_mean").get<std::vector<double>>();
  c.latents_scale = json.at("latents_scale").get<std::vector<double>>();
  c.latent_rgb = json.value("latent_rgb", c.latent_rgb);
  if (!c.latent_rgb.empty() && std::ssize(c.latent_rgb) != c.latent_channels + 1)
    throw base::Error("config.json has {} rows of 'latent_rgb' for {} latent channels, and must have one more than channels",
                      c.latent_rgb.size(), c.latent_channels);
  return c;
}

base::Json Config::to_json() const {
  return {{"_class_name", class_name},        {"latent_channels", latent_channels}, {"encoder_widths", encoder_widths},
          {"decoder_widths", decoder_widths}, {"encoder_blocks", encoder_blocks},   {"decoder_blocks", decoder_blocks},
          {"latents_mean", latents_mean},     {"latents_scale", latents_scale},     {"latent_rgb", latent_rgb}};
}

Stage::Stage(tensor::Weights w, int64_t width, int64_t count) : name(w.path()), temporal_conv(w / "look_back", width, width, 3) {
  for (int64_t i = 0; i < count; ++i)
    blocks.emplace_back(nn::Conv2d(w / "blocks" / i / "conv1", width, width, 3), nn::Conv2d(w / "blocks" / i / "conv2", width, width, 3));
}

Tensor Stage::operator()(const Tensor& x, PreviousFeatures& previous) const {
  Tensor y = x + temporal_conv(previous.of(name, x));
  for (const auto& [first, second] : blocks) y = y + second(at::silu(first(at::silu(y))));
  return y;
}

Encoder::Encoder(tensor::Weights w, const Config& c)
    : linear(w / "linear", colours, c.latent_channels, cell, cell),
      in(w / "in", colours * 16, c.encoder_widths[0], 1),
      down(w / "down", c.encoder_widths[0], c.encoder_widths[1], 3, 2),
      out(w / "out", c.encoder_widths[1], c.latent_channels, 3),
      fine(w / "fine", c.encoder_widths[0], c.encoder_blocks),
      coarse(w / "coarse", c.encoder_widths[1], c.encoder_blocks) {
  linear.padding = 0;
}

Tensor Encoder::operator()(const Tensor& groups, PreviousFeatures& previous) const {
  Tensor x = fine(in(at::pixel_unshuffle(groups, 4)), previous);  // [n,64,H/4,W/4]
  x = coarse(down(at::silu(x)), previous);                        // [n,128,H/8,W/8]
  return linear(groups) + out(at::silu(x));                       // [n,C,H/8,W/8]
}

Decoder::Decoder(tensor::Weights w, const Config& c)
    : synthesis(w / "synthesis", 2 * c.latent_channels, colours * cell * cell, 3),
      in(w / "in", c.latent_channels, c.decoder_widths[0], 3),
      up_to_middle(w / "up_to_middle", c.decoder_widths[0], 4 * c.decoder_widths[1], 1),
      up_to_fine(w / "up_to_fine", c.decoder_widths[1], 4 * c.decoder_widths[2], 1),
      out(w / "out", c.decoder_widths[2], 4 * colours, 3),
      blend(w / "blend", colours, colours, 3),
      coarse(w / "coarse", c.decoder_widths[0], c.decoder_blocks[0]),
      middle(w / "middle", c.decoder_widths[1], c.decoder_blocks[1]),
      fine(w / "fine", c.decoder_widths[2], c.decoder_blocks[2]) {}

Tensor Decoder::operator()(const Tensor& z, PreviousFeatures& previous) const {
  Tensor linear = at::pixel_shuffle(synthesis(at::cat({previous.of("synthesis", z), z}, 1)), cell);  // [n,12,8h,8w]
  Tensor x = coarse(in(z), previous);                                                                // [n,192,h,w]
  x = middle(at::pixel_shuffle(up_to_middle(x), 2), previous);                                       // [n,96,2h,2w]
  x = fine(at::pixel_shuffle(up_to_fine(x), 2), previous);                                           // [n,48,4h,4w]
  x = blend(at::pixel_shuffle(out(at::silu(x)), 2));                                                 // [n,12,8h,8w]
  return linear.to(at::kFloat) + x.to(at::kFloat);
}

Autoencoder::Autoencoder(tensor::Weights w, const Config& c)
    : VideoAutoencoder(w.placement()),
      config_(c),
      mean_(per_channel(c.latents_mean, c.latent_channels, 0, placement_.device)),
      scale_(per_channel(c.latents_scale, c.latent_channels, 1, placement_.device)),
      encoder_(w / "encoder", c),
      decoder_(w / "decoder", c) {}

std::optional<LatentRgb> Autoencoder::latent_rgb() const {
  if (config_.latent_rgb.empty()) return {};
  Tensor factors = at::empty({std::ssize(config_.latent_rgb), 3});
  for (int64_t i = 0; i < factors.size(0); ++i) factors[i].copy_(at::tensor(at::ArrayRef<double>(config_.latent_rgb[i])));
  return LatentRgb{factors};
}

base::Cost Autoencoder::decode_cost(int64_t t, int64_t h, int64_t w) const {
  constexpr double tensors_at_once = 6;  // of the finest stage
  double cells = static_cast<double>(h * w), finest = 0;
  base::Cost cost;
  auto multiply = [&](const nn::Conv2d& conv) { cost.flops += 2 * static_cast<double>(conv.weight.numel()) * cells; };
  multiply(decoder_.synthesis), multiply(decoder_.in);
  for (const auto& [stage, up] :
       {std::pair{&decoder_.coarse, &decoder_.up_to_middle}, {&decoder_.middle, &decoder_.up_to_fine}, {&decoder_.fine, &decoder_.out}}) {
    multiply(stage->temporal_conv);
    for (const auto& [first, second] : stage->blocks) multiply(first), multiply(second);
    multiply(*up);
    finest = cells * static_cast<double>(stage->temporal_conv.weight.size(0));
    cells *= 4;
  }
  multiply(decoder_.blend);
  cost.bytes = tensors_at_once * finest * static_cast<double>(at::elementSize(placement_.dtype));
  cost.flops *= static_cast<double>(t);
  return cost;
}

Tensor Autoencoder::encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const {
  CachedFeatures previous(cache);
  Tensor z = encoder_(to_group(frames).to(placement_.dtype), previous).to(at::kFloat);  // [B,C,h,w]
  cache.end_chunk();
  return ((z - mean_) / scale_).contiguous().unsqueeze(2);
}

Tensor Autoencoder::decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const {
  bool single = cache.first_chunk();
  CachedFeatures previous(cache);
  Tensor z = (latent.squeeze(2) * scale_ + mean_).to(placement_.dtype).contiguous(at::MemoryFormat::ChannelsLast);
  Tensor groups = decoder_(z, previous);
  cache.end_chunk();
  return from_group(groups, single).contiguous();
}

Tensor Autoencoder::encode_batch(const Tensor& frames) const {
  int64_t B = frames.size(0), t = geometry().latent_frames(frames.size(2));
  ShiftedFeatures previous(t);
  Tensor z = encoder_(frame_groups(frames).contiguous(at::MemoryFormat::ChannelsLast).to(placement_.dtype), previous);
  return z.to(at::kFloat).unflatten(0, {t, B}).permute({1, 2, 0, 3, 4});  // [B,C,t,h,w]
}

Tensor Autoencoder::decode_batch(const Tensor& z) const {
  int64_t B = z.size(0), t = z.size(2);
  ShiftedFeatures previous(t);
  Tensor flat = z.permute({2, 0, 1, 3, 4}).flatten(0, 1).to(placement_.dtype).contiguous(at::MemoryFormat::ChannelsLast);
  Tensor groups = decoder_(flat, previous).unflatten(1, {3, group}).unflatten(0, {t, B});  // [t,B,3,4,H,W]
  Tensor first = groups[0].mean(2, /*keepdim=*/true);                                      // [B,3,1,H,W]
  if (t == 1) return first;
  Tensor rest = groups.narrow(0, 1, t - 1).permute({1, 2, 0, 3, 4, 5}).flatten(2, 3);  // [B,3,4(t-1),H,W]
  return at::cat({first, rest}, 2);
}

tensor::Init Autoencoder::init(const std::string& name, at::IntArrayRef shape) {
  bool zero =
      name == "encoder.out.weight" || name == "decoder.out.weight" || name.ends_with("conv2.weight") || name.ends_with("look_back.weight");
  return zero ? tensor::Init{0, 0} : tensor::lecun_normal(name, shape);
}

Tensor shift_by_latent_frame(const Tensor& x, int64_t latent_frames) {
  int64_t batch = x.size(0) / latent_frames;
  return at::cat({at::zeros_like(x.narrow(0, 0, batch)), x.narrow(0, 0, x.size(0) - batch)});
}

Tensor frame_groups(const Tensor& frames) {
  Tensor first = frames.narrow(2, 0, 1).expand({-1, -1, group - 1, -1, -1});
  return at::cat({first, frames}, 2)  // [B,3,4t,H,W]
      .unflatten(2, {-1, group})
      .permute({2, 0, 1, 3, 4, 5})  // [t,B,3,4,H,W]
      .flatten(2, 3)
      .flatten(0, 1);
}

std::unique_ptr<tensor::WeightSource> open_weights(const std::filesystem::path& folder, const tensor::Placement& placement) {
  auto checkpoint = std::make_unique<tensor::Checkpoint>(folder, placement);
  checkpoint->cast_weights();
  if (!checkpoint->has("decoder.linear.weight")) return checkpoint;
  return std::make_unique<tensor::TensorMap>(with_overlapping_synthesis(*checkpoint), placement);
}

std::unique_ptr<Autoencoder> load(const std::filesystem::path& folder, const tensor::Placement& placement) {
  auto weights = open_weights(folder, placement);
  return std::make_unique<Autoencoder>(tensor::Weights(*weights), tensor::read_config<Config>(folder));
}

void save(const std::filesystem::path& folder, const Config& config, const std::map<std::string, Tensor>& parameters) {
  tensor::TensorMap weights(parameters);
  base::Observer silent;
  Tensor factors = fit_constant_latents(Autoencoder(tensor::Weights(weights), config), silent).solve().factors.to(at::kDouble);
  Config with_map = config;
  with_map.latent_rgb.assign(config.latent_channels + 1, {});
  for (int64_t i = 0; i < factors.size(0); ++i)
    for (int64_t j = 0; j < 3; ++j) with_map.latent_rgb[i][j] = factors[i][j].item<double>();
  tensor::save_component(folder, with_map.to_json(), parameters, at::kBFloat16);
}

}  // namespace zoetrope::autoencoder::native
