#include "zoetrope/model/model.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"

namespace zoetrope::model {
namespace {

using testing::HasSubstr;

TEST(Model, HasAFingerprintOfItsWeightsAndConfigurations) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  const std::string fingerprint = Model::load(folder / "model", {}).fingerprint();
  EXPECT_EQ(Model::load(folder / "model", {}).fingerprint(), fingerprint);
  test::write_tiny_model(folder / "other", /*seed=*/2);
  EXPECT_NE(Model::load(folder / "other", {}).fingerprint(), fingerprint);
  std::filesystem::rename(folder / "model", folder / "moved");
  EXPECT_EQ(Model::load(folder / "moved", {}).fingerprint(), fingerprint);
}

TEST(Model, WithABrokenConfigurationIsASentenceThatNamesTheFile) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  base::write_file(folder / "model/vae/config.json", R"({"_class_name": "ZoetropeAutoencoder"})");
  EXPECT_THAT(complaint([&] { Model::load(folder / "model", {}); }),
              testing::AllOf(HasSubstr("model/vae/config.json: a value is missing"), HasSubstr("latent_channels")));
}

TEST(Model, TellsWhatOfItsLoraFilesIsNotUsed) {
  TemporaryFolder folder;
  test::write_tiny_wan(folder / "wan", test::TinyWan::two_experts);
  std::map<std::string, Tensor> tensors;
  for (const char* layer : {"q", "k_img", "v_img"}) {
    tensors[fmt::format("diffusion_model.blocks.1.cross_attn.{}.lora_A.weight", layer)] = at::ones({2, 24});
    tensors[fmt::format("diffusion_model.blocks.1.cross_attn.{}.lora_B.weight", layer)] = at::ones({24, 2});
  }
  tensor::write_safetensors(folder / "i2v.safetensors", tensors);
  ModelFiles files(folder / "wan");
  files.loras["transformer"] = {{folder / "i2v.safetensors"}};
  const std::vector<std::string> notices = Model::load(files, {}).notices();
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_THAT(notices[0],
              HasSubstr("4 of its 6 keys are for parts that this model does not have: diffusion_model.blocks.*.cross_attn.k_img.lora_A"));
  EXPECT_THAT(notices[1], HasSubstr("i2v.safetensors changes the first of the two denoisers alone"));
  files.loras["transformer_2"] = files.loras["transformer"];
  EXPECT_EQ(Model::load(files, {}).notices().size(), 2u) << "one for each denoiser";
  files.loras["transformer_2"].front().strict = true;
  EXPECT_THAT(complaint([&] { Model::load(files, {}); }), HasSubstr("4 of its 6 keys"));
}

}  // namespace
}  // namespace zoetrope::model
