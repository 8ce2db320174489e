#include "zoetrope/autoencoder/sd/autoencoder.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/nn/attention.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/tensor/config_size.h"

namespace zoetrope::autoencoder::sd {
namespace {

void check_blocks(const base::Json& json, const char* key, const std::string& only, size_t levels) {
  std::vector<std::string> names = json.value(key, std::vector<std::string>(levels, only));
  if (names.size() != levels) throw base::Error("an autoencoder with {} levels needs as many '{}', got {}", levels, key, names.size());
  for (const std::string& name : names)
    if (name != only) throw base::Error("'{}' of a Stable Diffusion autoencoder must be '{}', got '{}'", key, only, name);
}

std::vector<ResidualBlock> residual_blocks(tensor::Weights w, int64_t in, int64_t out, int64_t count, int64_t groups) {
  std::vector<ResidualBlock> blocks;
  for (int64_t i = 0; i < count; ++i) blocks.emplace_back(w / "resnets" / i, i == 0 ? in : out, out, groups);
  return blocks;
}

/// The names that older versions of diffusers gave the layers of the attention in the middle.
std::string current_name(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> endings{
      {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
  for (const auto& [older, current] : endings)
    if (size_t place = name.find("mid_block.attentions.0" + older); place != std::string::npos)
      return std::string(name).replace(name.find(older, place), older.size(), current);
  return name;
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  constexpr const char* class_name = "AutoencoderKL";
  if (json.value("_class_name", "") != class_name)
    throw base::Error("the autoencoder is a '{}', that of Stable Diffusion is an '{}'", json.value("_class_name", ""), class_name);
  auto checked = [](const char* key, const base::Json& value) {
    constexpr int64_t largest = int64_t{1} << 16;
    return tensor::config_size(value, key, "autoencoder", largest);
  };
  auto size = [&](const char* key, int64_t otherwise) { return checked(key, json.value(key, base::Json(otherwise))); };
  Config c;
  c.widths.clear();
  for (const base::Json& width : json.at("block_out_channels")) c.widths.push_back(checked("block_out_channels", width));
  if (c.widths.empty() || c.widths.size() > 10)
    throw base::Error("'block_out_channels' in the autoencoder's config.json must have 1 to 10 values, got {}", c.widths.size());
  c.latent_channels = size("latent_channels", c.latent_channels);
  c.blocks = size("layers_per_block", 1);  // the default of diffusers
  c.groups = size("norm_num_groups", c.groups);
  c.attention = json.value("mid_block_add_attention", true);
  c.quantiser = json.value("use_quant_conv", true);
  c.dequantiser = json.value("use_post_quant_conv", true);
  c.scale = json.value("scaling_factor", c.scale);
  if (base::Json shift = json.value("shift_factor", base::Json()); !shift.is_null()) c.shift = shift;
  check_blocks(json, "down_block_types", "DownEncoderBlock2D", c.widths.size());
  check_blocks(json, "up_block_types", "UpDecoderBlock2D", c.widths.size());
  for (const char* key : {"in_channels", "out_channels"})
    if (int64_t channels = size(key, 3); channels != 3) throw base::Error("'{}' of an autoencoder must be 3, got {}", key, channels);
  if (std::string activation = json.value("act_fn", "silu"); activation != "silu")
    throw base::Error("'act_fn' of a Stable Diffusion autoencoder must be 'silu', got '{}'", activation);
  for (const char* key : {"latents_mean", "latents_std"})
    if (!json.value(key, base::Json()).is_null())
      throw base::Error("autoencoders with '{}' in their config.json are not supported; 'scaling_factor' and 'shift_factor' are", key);
  for (int64_t width : c.widths)
    if (width % c.groups != 0) throw base::Error("a width of {} in 'block_out_channels' cannot be cut into {} groups", width, c.groups);
  if (!(c.scale > 0)) throw base::Error("'scaling_factor' in the autoencoder's config.json must be above 0, got {}", c.scale);
  return c;
}

ResidualBlock::ResidualBlock(tensor::Weights w, int64_t in, int64_t out, int64_t groups)
    : norm1(w / "norm1", in, groups), norm2(w / "norm2", out, groups), conv1(w / "conv1", in, out, 3), conv2(w / "conv2", out, out, 3) {
  if (in != out) shortcut.emplace(w / "conv_shortcut", in, out, 1);
}

Tensor ResidualBlock::operator()(const Tensor& x) const {
  Tensor y = conv2(at::silu(norm2(conv1(at::silu(norm1(x))))));
  return y + (shortcut ? (*shortcut)(x) : x);
}

Attention::Attention(tensor::Weights w, int64_t width, int64_t groups)
    : norm(w / "group_norm", width, groups),
      to_q(w / "to_q", width, width),
      to_k(w / "to_k", width, width),
      to_v(w / "to_v", width, width),
      to_out(w / "to_out" / 0, width, width) {}

Tensor Attention::operator()(const Tensor& x) const {
  Tensor cells = norm(x).flatten(2).transpose(1, 2).unsqueeze(1);              // [B,1,H*W,C]
  Tensor seen = to_out(nn::attention(to_q(cells), to_k(cells), to_v(cells)));  // [B,1,H*W,C]
  return x + seen.squeeze(1).transpose(1, 2).reshape(x.sizes());               // [B,C,H,W]
}

Middle::Middle(tensor::Weights w, const Config& c)
    : first(w / "resnets" / 0, c.widths.back(), c.widths.back(), c.groups),
      second(w / "resnets" / 1, c.widths.back(), c.widths.back(), c.groups) {
  if (c.attention) attention.emplace(w / "attentions" / 0, c.widths.back(), c.groups);
}

Tensor Middle::operator()(const Tensor& x) const {
  Tensor y = first(x);
  return second(attention ? (*attention)(y) : y);
}

Encoder::Encoder(tensor::Weights w, const Config& c)
    : in(w / "conv_in", 3, c.widths.front(), 3),
      levels([&] {
        std::vector<Level> levels;
        for (size_t i = 0; i < c.widths.size(); ++i) {
          tensor::Weights place = w / "down_blocks" / static_cast<int64_t>(i);
          levels.push_back({residual_blocks(place, c.widths[i == 0 ? 0 : i - 1], c.widths[i], c.blocks, c.groups), {}});
          if (i + 1 == c.widths.size()) break;
          levels.back().resize.emplace(place / "downsamplers" / 0 / "conv", c.widths[i], c.widths[i], 3, 2);
          levels.back().resize->padding = 0;  // the row and column of zeros stand below and to the right alone
        }
        return levels;
      }()),
      middle(w / "mid_block", c),
      norm(w / "conv_norm_out", c.widths.back(), c.groups),
      out(w / "conv_out", c.widths.back(), 2 * c.latent_channels, 3) {}

Tensor Encoder::operator()(const Tensor& images) const {
  Tensor x = in(images);
  for (const Level& level : levels) {
    for (const ResidualBlock& block : level.blocks) x = block(x);
    if (level.resize) x = (*level.resize)(at::constant_pad_nd(x, {0, 1, 0, 1}));
  }
  return out(at::silu(norm(middle(x))));
}

Decoder::Decoder(tensor::Weights w, const Config& c)
    : in(w / "conv_in", c.latent_channels, c.widths.back(), 3),
      middle(w / "mid_block", c),
      levels([&] {
        std::vector<int64_t> widths(c.widths.rbegin(), c.widths.rend());
        std::vector<Level> levels;
        for (size_t i = 0; i < widths.size(); ++i) {
          tensor::Weights place = w / "up_blocks" / static_cast<int64_t>(i);
          levels.push_back({residual_blocks(place, widths[i == 0 ? 0 : i - 1], widths[i], c.blocks + 1, c.groups), {}});
          if (i + 1 < widths.size()) levels.back().resize.emplace(place / "upsamplers" / 0 / "conv", widths[i], widths[i], 3);
        }
        return levels;
      }()),
      norm(w / "conv_norm_out", c.widths.front(), c.groups),
      out(w / "conv_out", c.widths.front(), 3, 3) {}

Tensor Decoder::operator()(const Tensor& z) const {
  Tensor x = middle(in(z));
  for (const Level& level : levels) {
    for (const ResidualBlock& block : level.blocks) x = block(x);
    if (level.resize) x = (*level.resize)(at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}));
  }
  return out(at::silu(norm(x)));
}

Autoencoder::Autoencoder(tensor::Weights w, const Config& c)
    : VideoAutoencoder(w.placement()), config_(c), encoder_(w / "encoder", c), decoder_(w / "decoder", c) {
  if (c.quantiser) quantiser_.emplace(w / "quant_conv", 2 * c.latent_channels, 2 * c.latent_channels, 1);
  if (c.dequantiser) dequantiser_.emplace(w / "post_quant_conv", c.latent_channels, c.latent_channels, 1);
}

Tensor Autoencoder::encode_chunk(const Tensor& frames, nn::FeatureCache&) const {
  Tensor moments = encoder_(frames.squeeze(2).to(placement_.dtype));
  if (quantiser_) moments = (*quantiser_)(moments);
  Tensor mean = moments.chunk(2, 1)[0].to(at::kFloat);
  return ((mean - config_.shift) * config_.scale).unsqueeze(2);
}

base::Cost Autoencoder::decode_cost(int64_t t, int64_t h, int64_t w) const {
  constexpr double tensors_at_once = 6;
  double cells = static_cast<double>(h * w), largest = 0;
  base::Cost cost;
  auto multiply = [&](const nn::Conv2d& conv) { cost.flops += 2 * static_cast<double>(conv.weight.numel()) * cells; };
  auto residual = [&](const ResidualBlock& block) { multiply(block.conv1), multiply(block.conv2); };
  residual(decoder_.middle.first), residual(decoder_.middle.second);
  if (decoder_.middle.attention) cost.flops += 4 * cells * cells * static_cast<double>(config_.widths.back());
  for (const Level& level : decoder_.levels) {
    for (const ResidualBlock& block : level.blocks) residual(block);
    if (level.resize) cells *= 4, multiply(*level.resize);
    largest = std::max(largest, static_cast<double>(level.blocks.back().conv2.weight.size(0)) * cells);
  }
  cost.bytes = tensors_at_once * largest * static_cast<double>(at::elementSize(placement_.dtype));
  cost.flops *= static_cast<double>(t);
  return cost;
}

Tensor Autoencoder::decode_chunk(const Tensor& latent, nn::FeatureCache&) const {
  Tensor z = (latent.squeeze(2) / config_.scale + config_.shift).to(placement_.dtype);
  if (dequantiser_) z = (*dequantiser_)(z);
  return decoder_(z).to(at::kFloat).unsqueeze(2);
}

std::unique_ptr<Autoencoder> load(const std::filesystem::path& folder, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(folder, placement);
  checkpoint.cast_weights();
  checkpoint.rename(current_name);
  Config config = tensor::read_config<Config>(folder);
  return tensor::build_model(checkpoint, [&](tensor::Weights w) { return std::make_unique<Autoencoder>(w, config); });
}

}  // namespace zoetrope::autoencoder::sd
