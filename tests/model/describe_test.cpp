#include "zoetrope/model/describe.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/image.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::model {
namespace {

void write_component(const std::filesystem::path& folder, const char* class_name) {
  base::write_file(folder / "config.json", base::Json{{"_class_name", class_name}, {"width", 4}}.dump());
  tensor::write_safetensors(folder / "diffusion_pytorch_model.safetensors",
                            {{"a", at::zeros({3, 4}, at::kBFloat16)}, {"b", at::zeros({5})}, {"index", at::zeros({2}, at::kLong)}},
                            {{"made", "here"}});
}

TEST(Describe, CountsASafetensorsFile) {
  TemporaryFolder folder;
  write_component(folder.path, "Denoiser");
  base::Json json = describe(folder / "diffusion_pytorch_model.safetensors");
  EXPECT_EQ(json["kind"], "safetensors");
  EXPECT_EQ(json["parameters"], 12 + 5 + 2);
  EXPECT_EQ(json["bytes"], 12 * 2 + 5 * 4 + 2 * 8);
  EXPECT_EQ(json["bytes_fp32"], 12 * 4 + 5 * 4 + 2 * 8);
  EXPECT_EQ(json["dtypes"]["BFloat16"], 12);
  EXPECT_EQ(json["metadata"]["made"], "here");
  EXPECT_EQ(json["tensors"][0], (base::Json{{"name", "a"}, {"dtype", "BFloat16"}, {"shape", {3, 4}}}));
}

TEST(Describe, TellsAComponent) {
  TemporaryFolder folder;
  write_component(folder.path, "Denoiser");
  base::Json json = describe(folder.path);
  EXPECT_EQ(json["kind"], "component");
  EXPECT_EQ(json["class"], "Denoiser");
  EXPECT_EQ(json["parameters"], 19);
  EXPECT_EQ(json["config"]["width"], 4);
}

TEST(Describe, AddsUpAModel) {
  TemporaryFolder folder;
  write_component(folder / "transformer", "Denoiser");
  write_component(folder / "vae", "Autoencoder");
  std::filesystem::create_directories(folder / "scheduler");
  base::write_file(folder / "model_index.json", R"({"_class_name": "ZoetropePipeline", "transformer": ["zoetrope", "Denoiser"],
      "vae": ["zoetrope", "Autoencoder"], "scheduler": ["diffusers", "Scheduler"], "image_encoder": [null, null]})");
  base::write_file(folder / "zoetrope.json", R"({"format": 1, "licence": "Apache-2.0"})");
  base::Json json = describe(folder.path);
  EXPECT_EQ(json["kind"], "model");
  EXPECT_EQ(json["class"], "ZoetropePipeline");
  EXPECT_EQ(json["parameters"], 38);
  EXPECT_EQ(json["licence"], "Apache-2.0");
  EXPECT_EQ(json["settings"]["format"], 1);
  ASSERT_EQ(json["components"].size(), 3);
  EXPECT_EQ(json["components"][1]["name"], "vae");
  EXPECT_EQ(json["components"][1]["parameters"], 19);
  EXPECT_EQ(json["components"][2]["parameters"], 0);
}

TEST(Describe, SaysWhatIsWrongWithAFolder) {
  TemporaryFolder folder;
  EXPECT_THROW(describe(folder / "missing"), base::Error);
  EXPECT_THROW(describe(folder.path), base::Error);
  for (const char* index : {"[]", "{", R"({"vae": ["a", "B"]})", R"({"../secret": ["a", "B"]})"}) {
    base::write_file(folder / "model_index.json", index);
    EXPECT_THROW(describe(folder.path), base::Error) << index;
  }
}

TEST(Describe, HandsMediaOn) {
  TemporaryFolder folder;
  media::write_image(folder / "a.png", at::zeros({4, 6, 3}, at::kByte), "{\"seed\":1}");
  EXPECT_EQ(describe(folder / "a.png")["request"]["seed"], 1);
}

}  // namespace
}  // namespace zoetrope::model
