#include "zoetrope/autoencoder/wan/keys.h"

#include <algorithm>

#include "zoetrope/base/error.h"

namespace zoetrope::autoencoder::wan {
namespace {

constexpr int levels = 4, blocks = 2;

// Of the latents of each channel: wan/modules/vae.py and vae2_2.py of the original code.
const std::vector<double> mean21{-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,  -0.1517, 1.5508,
                                 0.4134,  -0.0715, 0.5517,  -0.3632, -0.1922, -0.9497, 0.2503,  -0.2921};
const std::vector<double> std21{2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                                3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};
const std::vector<double> mean22{-0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174,  0.1838,  0.1557,  -0.1382, 0.0542,
                                 0.2813,  0.0891,  0.1570,  -0.0098, 0.0375,  -0.1825, -0.2246, -0.1207, -0.0698, 0.5109,
                                 0.2665,  -0.2108, -0.2158, 0.2502,  -0.2055, -0.0322, 0.1109,  0.1567,  -0.0729, 0.0899,
                                 -0.2799, -0.1230, -0.0313, -0.1649, 0.0117,  0.0723,  -0.2839, -0.2083, -0.0520, 0.3748,
                                 0.0152,  0.1957,  0.1433,  -0.2944, 0.3573,  -0.0548, -0.1681, -0.0667};
const std::vector<double> std22{0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901,
                                0.6885, 0.6165, 0.8454, 0.4978, 0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659,
                                0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093, 0.5709, 0.6065, 0.6415, 0.4944,
                                0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744};

using Rules = std::vector<tensor::KeyRule>;

void add_block(Rules& rules, const std::string& original, const std::string& here) {
  for (auto [theirs, ours] : {std::pair{"residual.0", "norm1"},
                              {"residual.2", "conv1"},
                              {"residual.3", "norm2"},
                              {"residual.6", "conv2"},
                              {"shortcut", "conv_shortcut"}})
    rules.push_back({fmt::format("{}.{}.*", original, theirs), fmt::format("{}.{}.*", here, ours)});
}

void add_change(Rules& rules, const std::string& original, const std::string& here) {
  for (const char* part : {"resample", "time_conv"})
    rules.push_back({fmt::format("{}.{}.*", original, part), fmt::format("{}.{}.*", here, part)});
}

Rules make_rules(bool is_residual) {
  Rules rules{{"conv1.*", "quant_conv.*"},
              {"conv2.*", "post_quant_conv.*"},
              {"encoder.conv1.*", "encoder.conv_in.*"},
              {"decoder.conv1.*", "decoder.conv_in.*"}};
  for (std::string half : {"encoder", "decoder"}) {
    rules.push_back({half + ".head.0.*", half + ".norm_out.*"});
    rules.push_back({half + ".head.2.*", half + ".conv_out.*"});
    rules.push_back({half + ".middle.1.*", half + ".mid_block.attentions.0.*"});
    add_block(rules, half + ".middle.0", half + ".mid_block.resnets.0");
    add_block(rules, half + ".middle.2", half + ".mid_block.resnets.1");
  }
  for (int level = 0; level < levels; ++level) {
    // Wan2.1 numbers blocks and changes of resolution through, Wan2.2 within each level.
    auto down = [&](int i) {
      return is_residual ? fmt::format("encoder.downsamples.{}.downsamples.{}", level, i)
                         : fmt::format("encoder.downsamples.{}", level * (blocks + 1) + i);
    };
    auto up = [&](int i) {
      return is_residual ? fmt::format("decoder.upsamples.{}.upsamples.{}", level, i)
                         : fmt::format("decoder.upsamples.{}", level * (blocks + 2) + i);
    };
    for (int i = 0; i < blocks; ++i)
      add_block(rules, down(i),
                is_residual ? fmt::format("encoder.down_blocks.{}.resnets.{}", level, i)
                            : fmt::format("encoder.down_blocks.{}", level * (blocks + 1) + i));
    for (int i = 0; i < blocks + 1; ++i) add_block(rules, up(i), fmt::format("decoder.up_blocks.{}.resnets.{}", level, i));
    if (level + 1 == levels) continue;
    add_change(rules, down(blocks),
               is_residual ? fmt::format("encoder.down_blocks.{}.downsampler", level)
                           : fmt::format("encoder.down_blocks.{}", level * (blocks + 1) + blocks));
    add_change(rules, up(blocks + 1), fmt::format("decoder.up_blocks.{}.{}", level, is_residual ? "upsampler" : "upsamplers.0"));
  }
  return rules;
}

}  // namespace

const tensor::KeyStyle& keys(bool is_residual) {
  static const tensor::KeyStyle plain(make_rules(false)), residual(make_rules(true));
  return is_residual ? residual : plain;
}

const std::vector<std::string>& comfyui_prefixes() {
  static const std::vector<std::string> all{"vae.", "first_stage_model."};
  return all;
}

void use_keys(tensor::Checkpoint& checkpoint) {
  checkpoint.select(comfyui_prefixes());
  std::vector<std::string> names = checkpoint.names();
  bool is_residual = std::any_of(names.begin(), names.end(),
                                 [](const std::string& name) { return name.find(".downsamples.0.downsamples.") != std::string::npos; });
  checkpoint.rename([&](const std::string& name) { return keys(is_residual).to_canonical(name).value_or(name); });
}

Config config_of(const tensor::Checkpoint& checkpoint) {
  Config c;
  c.is_residual = checkpoint.has("encoder.down_blocks.0.resnets.0.conv1.weight");
  auto shape = [&](const std::string& name) { return checkpoint.entry(name).shape; };
  c.encoder_width = shape("encoder.conv_in.weight")[0];
  c.decoder_width = shape("decoder.conv_out.weight")[1];
  c.patch = shape("encoder.conv_in.weight")[1] == 3 ? 1 : 2;
  c.latent_channels = shape("post_quant_conv.weight")[0];
  c.dim_mult.clear();
  c.temporal_downsample.clear();
  for (int level = 0; level < levels; ++level) {
    std::string place = c.is_residual ? fmt::format("encoder.down_blocks.{}.resnets.0", level)
                                      : fmt::format("encoder.down_blocks.{}", level * (blocks + 1));
    c.dim_mult.push_back(shape(place + ".conv1.weight")[0] / c.encoder_width);
    if (level + 1 == levels) continue;
    place = c.is_residual ? fmt::format("encoder.down_blocks.{}.downsampler", level)
                          : fmt::format("encoder.down_blocks.{}", level * (blocks + 1) + blocks);
    c.temporal_downsample.push_back(checkpoint.has(place + ".time_conv.weight"));
  }
  if (c.latent_channels != std::ssize(mean21) && c.latent_channels != std::ssize(mean22))
    throw base::Error("{}: an autoencoder of {} channels is not that of Wan2.1 (16) or Wan2.2 (48); give its folder with a config.json",
                      checkpoint.path(), c.latent_channels);
  c.latents_mean = c.latent_channels == std::ssize(mean21) ? mean21 : mean22;
  c.latents_std = c.latent_channels == std::ssize(std21) ? std21 : std22;
  c.set_compression();
  return c;
}

}  // namespace zoetrope::autoencoder::wan
