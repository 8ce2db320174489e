#pragma once
#include <filesystem>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/vision/encoder_block.h"

namespace zoetrope::vision {

/// Sizes of a ViT classifier, as they stand in the config.json of transformers' ViTForImageClassification.
struct VitConfig {
  EncoderSizes encoder{.width = 768, .heads = 12, .feed_forward = 3072, .epsilon = 1e-12, .activation = Activation::gelu};
  int64_t layers = 12, image = 224, patch = 16;
  bool qkv_bias = true;
  std::vector<std::string> labels;  // by class

  int64_t tokens() const { return (image / patch) * (image / patch) + 1; }
  static VitConfig from_json(const base::Json& json);
};

/// The vision transformer of Dosovitskiy et al. 2021 with a linear classifier on its class token. Parameter names are those of
/// transformers.
struct Vit {
  Vit(nn::Weights w, const VitConfig& config);

  /// pixels [B,3,S,S], on any device -> states [B,N+1,D] after the last norm, the class token first. For ViT-B/16 at 224: [B,197,768].
  Tensor states(const Tensor& pixels) const;
  /// pixels [B,3,S,S] -> logits [B,classes] fp32.
  Tensor operator()(const Tensor& pixels) const;

  VitConfig config;
  at::ScalarType compute;
  Tensor class_token, positions, patch_weight, patch_bias;  // [1,1,D], [1,N+1,D], [D,3,p,p], [D]
  std::vector<EncoderBlock> blocks;
  nn::LayerNorm norm;
  nn::Linear classifier;
};

/// The classifier in a folder (config.json and safetensors); weights are cast to the dtype of the placement once.
Vit load_vit(const std::filesystem::path& folder, const tensor::Placement& placement = {});

}  // namespace zoetrope::vision
