#include "zoetrope/vision/clip.h"

#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/build_model.h"

namespace zoetrope::vision {
namespace {

/// What follows the state that is read: the last layer, the norm behind it and, in some files, a projection.
std::set<std::string> unread(const tensor::Checkpoint& checkpoint, const ClipConfig& config) {
  std::set<std::string> names;
  std::string last = fmt::format("encoder.layers.{}.", config.layers - 1);
  for (const std::string& name : checkpoint.names())
    if (name.starts_with(last) || name.starts_with("post_layernorm.") || name == "visual_projection.weight" ||
        name == "embeddings.position_ids")
      names.insert(name);
  return names;
}

/// The sizes of an encoder without a config.json, by its shapes.
ClipConfig clip_config_of(const tensor::Checkpoint& checkpoint) {
  constexpr int64_t head_width = 80;
  for (const char* name : {"embeddings.patch_embedding.weight", "embeddings.position_embedding.weight", "encoder.layers.0.mlp.fc1.weight"})
    if (!checkpoint.has(name) || checkpoint.entry(name).shape.size() < 2)
      throw base::Error("{}: is not a CLIP image encoder with the names of transformers: there is no '{}'; give its folder",
                        checkpoint.path(), name);
  std::vector<int64_t> patch = checkpoint.entry("embeddings.patch_embedding.weight").shape;
  ClipConfig c;
  c.patch = patch.back();
  c.encoder.width = patch[0];
  c.encoder.heads = patch[0] / head_width;
  c.encoder.feed_forward = checkpoint.entry("encoder.layers.0.mlp.fc1.weight").shape[0];
  if (c.encoder.heads < 1 || patch[0] % head_width != 0)
    throw base::Error("{}: is {} wide; without a config.json it must be a ViT-H, a multiple of {} wide; give the encoder's folder",
                      checkpoint.path(), patch[0], head_width);
  for (c.layers = 0; checkpoint.has(fmt::format("encoder.layers.{}.layer_norm1.weight", c.layers));) ++c.layers;
  auto places = static_cast<double>(checkpoint.entry("embeddings.position_embedding.weight").shape[0] - 1);
  c.image = c.patch * std::llround(std::sqrt(places));
  return c;
}

}  // namespace

ClipConfig ClipConfig::from_json(const base::Json& json) {
  if (json.value("model_type", "") != "clip_vision_model")
    throw base::Error("the image encoder is of the type '{}'; only 'clip_vision_model' is supported", json.value("model_type", ""));
  ClipConfig c;
  c.encoder = {.width = json.value("hidden_size", int64_t{768}),
               .heads = json.value("num_attention_heads", int64_t{12}),
               .feed_forward = json.value("intermediate_size", int64_t{3072}),
               .epsilon = json.value("layer_norm_eps", c.encoder.epsilon),
               .activation = activation_of(json.value("hidden_act", "quick_gelu"))};
  c.encoder.check();
  c.layers = json.value("num_hidden_layers", int64_t{12});
  c.image = json.value("image_size", c.image);
  c.patch = json.value("patch_size", int64_t{32});
  if (c.layers < 1 || c.patch < 1 || c.image < c.patch)
    throw base::Error("{} layers, images of {} and patches of {} are not a valid CLIP configuration", c.layers, c.image, c.patch);
  return c;
}

ClipImageEncoder::ClipImageEncoder(nn::Weights w, const ClipConfig& c)
    : config(c),
      compute(w.placement().dtype),
      class_token((w / "embeddings").get("class_embedding", {c.encoder.width})),
      positions((w / "embeddings" / "position_embedding").get("weight", {c.tokens(), c.encoder.width})),
      patch_weight((w / "embeddings" / "patch_embedding").get("weight", {c.encoder.width, 3, c.patch, c.patch})),
      norm(w / "pre_layrnorm", c.encoder.width, c.encoder.epsilon),
      blocks([&] {
        std::vector<EncoderBlock> blocks;
        for (int64_t i = 0; i + 1 < c.layers; ++i) blocks.push_back(EncoderBlock::clip(w / "encoder" / "layers" / i, c.encoder));
        return blocks;
      }()) {}

Tensor ClipImageEncoder::operator()(const Tensor& pixels) const {
  Tensor patches = at::conv2d(pixels.to(patch_weight.device(), compute), patch_weight.to(compute), {}, {config.patch, config.patch});
  Tensor x = patches.flatten(2).transpose(1, 2);  // [B,N,D]
  x = at::cat({class_token.to(compute).expand({x.size(0), 1, -1}), x}, 1) + positions.to(compute);
  x = norm(x);
  for (const EncoderBlock& block : blocks) x = block(x);
  return x;
}

ClipImageEncoder load_clip(const std::filesystem::path& path, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(path, placement);
  checkpoint.rename([](const std::string& name) {  // older versions of transformers have a level more
    constexpr std::string_view level = "vision_model.";
    return name.starts_with(level) ? name.substr(level.size()) : name;
  });
  ClipConfig config = std::filesystem::is_directory(path) ? tensor::read_config<ClipConfig>(path) : clip_config_of(checkpoint);
  return tensor::build_model(
      checkpoint, [&](tensor::Weights w) { return ClipImageEncoder(w, config); }, unread(checkpoint, config));
}

}  // namespace zoetrope::vision
