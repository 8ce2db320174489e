#include "zoetrope/autoencoder/wan/config.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/config_size.h"

namespace zoetrope::autoencoder::wan {
namespace {

constexpr const char* class_name = "AutoencoderKLWan";

std::vector<double> channel_values(const base::Json& json, const char* key, int64_t channels) {
  std::vector<double> values = json.at(key).get<std::vector<double>>();
  if (std::ssize(values) != channels)
    throw base::Error("'{}' in the autoencoder's config.json has {} values for {} channels", key, values.size(), channels);
  return values;
}

}  // namespace

Config Config::from_json(const base::Json& json) {
  if (json.value("_class_name", "") != class_name)
    throw base::Error("the autoencoder is a '{}', those of Wan are an '{}'", json.value("_class_name", ""), class_name);
  auto size = [&](const char* key, int64_t otherwise) {
    constexpr int64_t largest = int64_t{1} << 16;
    base::Json value = json.value(key, base::Json());
    return value.is_null() ? otherwise : tensor::config_size(value, key, "autoencoder", largest);
  };
  Config c;
  c.encoder_width = size("base_dim", c.encoder_width);
  c.decoder_width = size("decoder_base_dim", c.encoder_width);
  c.latent_channels = size("z_dim", c.latent_channels);
  c.dim_mult = json.value("dim_mult", c.dim_mult);
  c.blocks = size("num_res_blocks", c.blocks);
  c.temporal_downsample = json.value("temperal_downsample", c.temporal_downsample);
  c.is_residual = json.value("is_residual", false);
  c.patch = size("patch_size", 1);
  c.latents_mean = channel_values(json, "latents_mean", c.latent_channels);
  c.latents_std = channel_values(json, "latents_std", c.latent_channels);
  if (!json.value("attn_scales", base::Json::array()).empty())
    throw base::Error("Wan autoencoders with attention outside of the middle are not supported; 'attn_scales' must be empty");
  if (c.dim_mult.empty() || c.temporal_downsample.size() + 1 != c.dim_mult.size())
    throw base::Error("an autoencoder with {} levels needs {} values of 'temperal_downsample', got {}", c.dim_mult.size(),
                      c.dim_mult.size() - 1, c.temporal_downsample.size());
  c.set_compression();
  return c;
}

base::Json Config::to_json() const {
  base::Json json{{"_class_name", class_name},
                  {"base_dim", encoder_width},
                  {"decoder_base_dim", decoder_width},
                  {"z_dim", latent_channels},
                  {"dim_mult", dim_mult},
                  {"num_res_blocks", blocks},
                  {"attn_scales", base::Json::array()},
                  {"temperal_downsample", temporal_downsample},
                  {"dropout", 0.0},
                  {"latents_mean", latents_mean},
                  {"latents_std", latents_std},
                  {"is_residual", is_residual},
                  {"in_channels", 3 * patch * patch},
                  {"out_channels", 3 * patch * patch},
                  {"patch_size", nullptr},
                  {"scale_factor_temporal", time},
                  {"scale_factor_spatial", space}};
  if (patch > 1) json["patch_size"] = patch;
  return json;
}

void Config::set_compression() {
  time = int64_t{1} << std::count(temporal_downsample.begin(), temporal_downsample.end(), true);
  space = patch << temporal_downsample.size();
}

}  // namespace zoetrope::autoencoder::wan
