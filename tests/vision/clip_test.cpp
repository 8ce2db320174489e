#include "zoetrope/vision/clip.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::vision {
namespace {

TEST(Clip, GivesTheStatesBeforeTheLastLayerAndReadsOlderNames) {
  at::NoGradGuard no_grad;
  base::Json json{{"model_type", "clip_vision_model"},
                  {"hidden_size", 8},
                  {"num_attention_heads", 2},
                  {"intermediate_size", 12},
                  {"num_hidden_layers", 3},
                  {"image_size", 8},
                  {"patch_size", 4}};
  ClipConfig config = ClipConfig::from_json(json);
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  ClipImageEncoder made(tensor::Weights(weights), config);
  EXPECT_EQ(made.blocks.size(), 2u);
  Tensor pixels = at::linspace(-1, 1, 3 * 64).view({1, 3, 8, 8}), states = made(pixels);
  EXPECT_EQ(states.sizes(), (std::vector<int64_t>{1, 5, 8}));

  TemporaryFolder folder;
  base::write_file(folder / "config.json", json.dump());
  std::map<std::string, Tensor> older{{"vision_model.encoder.layers.2.mlp.fc1.bias", at::zeros({12})},
                                      {"vision_model.post_layernorm.bias", at::zeros({8})}};
  for (const auto& [name, value] : weights.parameters()) older["vision_model." + name] = value;
  tensor::write_safetensors(folder / "model.safetensors", older);
  EXPECT_TRUE(load_clip(folder.path)(pixels).equal(states));
}

TEST(Clip, RefusesOtherModels) {
  EXPECT_THROW(ClipConfig::from_json({{"model_type", "siglip_vision_model"}}), base::Error);
  EXPECT_THROW(ClipConfig::from_json({{"model_type", "clip_vision_model"}, {"hidden_act", "relu"}}), base::Error);
}

}  // namespace
}  // namespace zoetrope::vision
