#include "zoetrope/vision/vit.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::vision {
namespace {

base::Json base_json() {
  return {{"model_type", "vit"},     {"hidden_size", 8},       {"num_attention_heads", 2},
          {"intermediate_size", 12}, {"num_hidden_layers", 1}, {"image_size", 8},
          {"patch_size", 4},         {"hidden_act", "gelu"},   {"id2label", {{"0", "cat"}, {"1", "dog"}}}};
}

std::string refusal(const char* key, base::Json value) {
  base::Json json = base_json();
  json[key] = std::move(value);
  return complaint([&] { VitConfig::from_json(json); });
}

TEST(Vit, B16At224Gives197TokensOfWidth768) {
  at::NoGradGuard no_grad;
  VitConfig config;  // the sizes of ViT-B/16
  config.layers = 1;
  config.labels.assign(1000, "class");
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Vit vit(tensor::Weights(weights), config);
  EXPECT_EQ(vit.states(at::zeros({1, 3, 224, 224})).sizes(), (std::vector<int64_t>{1, 197, 768}));
  int64_t parameters = 0, block = 0;
  for (const auto& [name, value] : weights.parameters()) {
    parameters += value.numel();
    if (name.find("encoder.layer.") != std::string::npos) block += value.numel();
  }
  EXPECT_EQ(parameters + 11 * block, 86'567'656);  // 85.8 M and the classifier's 0.77 M
}

TEST(Vit, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("qkv_bias", true), "");
  EXPECT_THAT(refusal("model_type", "swin"), testing::HasSubstr("'swin'"));
  EXPECT_THAT(refusal("hidden_act", "relu"), testing::HasSubstr("'relu'"));
  EXPECT_THAT(refusal("num_attention_heads", 3), testing::HasSubstr("width 8 and 3 heads"));
  EXPECT_THAT(refusal("num_channels", 1), testing::HasSubstr("1 channels"));
  EXPECT_THAT(refusal("image_size", 9), testing::HasSubstr("images of 9"));
  EXPECT_THAT(refusal("id2label", base::Json::object()), testing::HasSubstr("'id2label'"));
}

TEST(Vit, NamesAFolderOfAnotherKind) {
  TemporaryFolder folder;
  auto said = [&] { return complaint([&] { load_vit(folder.path); }); };
  EXPECT_THAT(said(), testing::HasSubstr("is a folder, not a ViTForImageClassification"));
  base::write_file(folder / "model_index.json", R"({"_class_name": "WanPipeline"})");
  EXPECT_THAT(said(), testing::HasSubstr("is a model of the class WanPipeline, not a ViTForImageClassification"));
}

TEST(Vit, ListsTheKeysThatAreWrong) {
  TemporaryFolder folder;
  base::write_file(folder / "config.json", base_json().dump());
  tensor::write_safetensors(folder / "model.safetensors", {{"vit.embeddings.cls_token", at::zeros({1, 1, 9})}, {"head", at::zeros({1})}});
  try {
    load_vit(folder.path);
    FAIL() << "nothing was wrong";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("vit.embeddings.cls_token is [1,1,9] instead of [1,1,8]"));
    EXPECT_THAT(error.what(), testing::HasSubstr("missing: "));
    EXPECT_THAT(error.what(), testing::HasSubstr("1 unknown: head"));
  }
}

}  // namespace
}  // namespace zoetrope::vision
