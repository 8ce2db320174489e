#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/vision/encoder_block.h"

namespace zoetrope::vision {

/// Sizes of a CLIP image encoder, as they stand in the config.json of transformers' CLIPVisionModel.
struct ClipConfig {
  EncoderSizes encoder{.width = 1280, .heads = 16, .feed_forward = 5120, .epsilon = 1e-5, .activation = Activation::gelu};
  int64_t layers = 32, image = 224, patch = 14;

  int64_t tokens() const { return (image / patch) * (image / patch) + 1; }
  static ClipConfig from_json(const base::Json& json);
};

/// The image encoder of CLIP (Radford et al. 2021) up to the layer before the last, whose states Wan2.1 reads. Parameter names are those of
/// transformers.
struct ClipImageEncoder {
  ClipImageEncoder(nn::Weights w, const ClipConfig& config);

  /// pixels [B,3,S,S], on any device -> states [B,N+1,D] before the last layer.
  Tensor operator()(const Tensor& pixels) const;

  ClipConfig config;
  at::ScalarType compute;
  Tensor class_token, positions, patch_weight;  // [D], [N+1,D], [D,3,p,p]
  nn::LayerNorm norm;
  std::vector<EncoderBlock> blocks;  // all but the last
};

/// The encoder in a folder (config.json and safetensors), or in a file alone, which is then of the kind that Wan2.1 was trained with:
/// ViT-H/14 of LAION, whose heads are 80 wide, under the names of transformers. Weights keep the file's dtype, on the CPU mapped.
ClipImageEncoder load_clip(const std::filesystem::path& path, const tensor::Placement& placement = {});

}  // namespace zoetrope::vision
