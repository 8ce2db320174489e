#include "zoetrope/vision/vit.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/build_model.h"

namespace zoetrope::vision {

VitConfig VitConfig::from_json(const base::Json& json) {
  if (json.value("model_type", "") != "vit")
    throw base::Error("the classifier is of the type '{}'; only 'vit' is supported", json.value("model_type", ""));
  VitConfig c;
  c.encoder = {.width = json.value("hidden_size", c.encoder.width),
               .heads = json.value("num_attention_heads", c.encoder.heads),
               .feed_forward = json.value("intermediate_size", c.encoder.feed_forward),
               .epsilon = json.value("layer_norm_eps", c.encoder.epsilon),
               .activation = activation_of(json.value("hidden_act", "gelu"))};
  c.encoder.check();
  c.layers = json.value("num_hidden_layers", c.layers);
  c.image = json.value("image_size", c.image);
  c.patch = json.value("patch_size", c.patch);
  c.qkv_bias = json.value("qkv_bias", true);
  if (json.value("num_channels", 3) != 3)
    throw base::Error("only classifiers of colour images are supported, this one takes {} channels", json["num_channels"].dump());
  if (c.layers < 1 || c.patch < 1 || c.image < c.patch || c.image % c.patch != 0)
    throw base::Error("{} layers, images of {} and patches of {} are not a valid ViT configuration", c.layers, c.image, c.patch);
  const base::Json names = json.value("id2label", base::Json::object());
  for (size_t i = 0; i < names.size(); ++i) c.labels.push_back(names.at(std::to_string(i)));
  if (c.labels.empty()) throw base::Error("config.json has no 'id2label' with the names of the classes");
  return c;
}

Vit::Vit(nn::Weights w, const VitConfig& c)
    : config(c),
      compute(w.placement().dtype),
      class_token((w / "vit" / "embeddings").get("cls_token", {1, 1, c.encoder.width})),
      positions((w / "vit" / "embeddings").get("position_embeddings", {1, c.tokens(), c.encoder.width})),
      patch_weight((w / "vit" / "embeddings" / "patch_embeddings" / "projection").get("weight", {c.encoder.width, 3, c.patch, c.patch})),
      patch_bias((w / "vit" / "embeddings" / "patch_embeddings" / "projection").get("bias", {c.encoder.width})),
      blocks([&] {
        std::vector<EncoderBlock> blocks;
        auto bias = c.qkv_bias ? nn::Linear::Bias::yes : nn::Linear::Bias::no;
        for (int64_t i = 0; i < c.layers; ++i) blocks.push_back(EncoderBlock::vit(w / "vit" / "encoder" / "layer" / i, c.encoder, bias));
        return blocks;
      }()),
      norm(w / "vit" / "layernorm", c.encoder.width, c.encoder.epsilon),
      classifier(w / "classifier", c.encoder.width, std::ssize(c.labels)) {}

Tensor Vit::states(const Tensor& pixels) const {
  if (pixels.size(2) != config.image || pixels.size(3) != config.image)
    throw base::Error("the classifier takes images of {0}x{0}, got {1}x{2}; its preprocessor_config.json does not match", config.image,
                      pixels.size(3), pixels.size(2));
  Tensor patches =
      at::conv2d(pixels.to(patch_weight.device(), compute), patch_weight.to(compute), patch_bias.to(compute), {config.patch, config.patch});
  Tensor x = patches.flatten(2).transpose(1, 2);                                                     // [B,N,D]
  x = at::cat({class_token.to(compute).expand({x.size(0), -1, -1}), x}, 1) + positions.to(compute);  // [B,N+1,D]
  for (const EncoderBlock& block : blocks) x = block(x);
  return norm(x);
}

Tensor Vit::operator()(const Tensor& pixels) const { return classifier(states(pixels).select(1, 0)).to(at::kFloat); }

Vit load_vit(const std::filesystem::path& folder, const tensor::Placement& placement) {
  const std::filesystem::path config_file = folder / "config.json";
  if (!std::filesystem::exists(config_file) || base::read_json(config_file).value("model_type", base::Json()) != "vit")
    throw base::UsageError("'{}' is {}, not a ViTForImageClassification of transformers", folder.string(), base::folder_kind(folder));
  VitConfig config = tensor::read_config<VitConfig>(folder);
  tensor::Checkpoint checkpoint(folder, placement);
  checkpoint.cast_weights();
  return tensor::build_model(checkpoint, [&](tensor::Weights w) { return Vit(w, config); },
                             {"vit.pooler.dense.weight", "vit.pooler.dense.bias"});
}

}  // namespace zoetrope::vision
