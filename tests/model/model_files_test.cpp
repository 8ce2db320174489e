#include "zoetrope/model/model_files.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

TEST(ModelFiles, AreThoseThatWereNamedBeforeThoseOfTheFolder) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "vae");
  ModelFiles files(folder.path, {{"transformer", "other.safetensors"}});
  EXPECT_EQ(files.component("transformer"), "other.safetensors");
  EXPECT_EQ(files.component("vae"), folder / "vae");
  EXPECT_TRUE(files.has("vae"));
  EXPECT_TRUE(files.has("transformer"));
  EXPECT_FALSE(files.has("transformer_2"));
}

TEST(ModelFiles, SayWithWhichFlagToGiveWhatIsMissing) {
  ModelFiles files("", {{"transformer", "x.safetensors"}});
  try {
    files.component("text_encoder");
    FAIL() << "nothing was missing";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("text_encoder is needed"));
  }
}

TEST(ModelFiles, ReadTheHeaderOfAComponentOnce) {
  TemporaryFolder folder;
  tensor::write_safetensors(folder / "vae.safetensors", {{"a", at::ones({2})}});
  ModelFiles files({}, {{"vae", folder / "vae.safetensors"}});
  tensor::Checkpoint first = files.open("vae");
  std::filesystem::remove(folder / "vae.safetensors");
  tensor::Checkpoint second = files.open("vae");
  first.rename([](const std::string& name) { return name + "_"; });
  second.place({at::kCPU, at::kBFloat16});
  second.cast_weights();
  EXPECT_TRUE(first.has("a_"));
  EXPECT_EQ(first.get("a_", {2}).scalar_type(), at::kFloat);
  EXPECT_EQ(second.get("a", {2}).scalar_type(), at::kBFloat16);
}

TEST(ModelFiles, TellWhichPartsAFileHolds) {
  TemporaryFolder folder;
  const std::filesystem::path file = folder / "all.safetensors";
  tensor::write_safetensors(
      file, {{"model.diffusion_model.a", at::ones({2})}, {"vae.b", at::ones({2})}, {"text_encoders.t5.transformer.c", at::ones({2})}});
  EXPECT_THAT(other_parts_in(file), testing::ElementsAre("vae", "text_encoder"));
  tensor::write_safetensors(file, {{"a", at::ones({2})}});
  EXPECT_THAT(other_parts_in(file), testing::IsEmpty());
}

}  // namespace
}  // namespace zoetrope::model
