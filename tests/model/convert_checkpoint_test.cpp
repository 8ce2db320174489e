#include "zoetrope/model/convert_checkpoint.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/model/tiny_wan.h"
#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/model/model.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::model {
namespace {

base::Observer silent;

std::string refusal_of_conversion(const std::filesystem::path& in, const std::filesystem::path& out, const Conversion& conversion) {
  return complaint([&] { convert_checkpoint(in, out, conversion, silent); });
}

TEST(Convert, KeepsAModelOfOurOwnWorking) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  convert_checkpoint(folder / "model", folder / "large", {.dtype = at::kFloat, .loras = {}}, silent);
  convert_checkpoint(folder / "large", folder / "back", {.dtype = at::kBFloat16, .shard_bytes = 2000, .loras = {}}, silent);
  EXPECT_FALSE(std::filesystem::exists(folder / "back.unfinished"));
  EXPECT_TRUE(std::filesystem::exists(folder / "back" / "tokenizer" / "spiece.model"));
  EXPECT_TRUE(std::filesystem::exists(folder / "back" / "transformer" / "diffusion_pytorch_model.safetensors.index.json"));
  tensor::Checkpoint first(folder / "model" / "transformer"), second(folder / "back" / "transformer");
  ASSERT_EQ(first.names(), second.names());
  for (const std::string& name : first.names())
    EXPECT_TRUE(first.get(name, first.entry(name).shape).equal(second.get(name, first.entry(name).shape))) << name;
  Model::load(folder / "back", {});
}

TEST(Convert, TakesAFileWithAWholeModelApart) {
  TemporaryFolder folder;
  test::write_tiny_wan(folder / "wan", test::TinyWan::two_experts);
  const Conversion original{.layout = Conversion::Layout::original, .dtype = {}, .loras = {}};
  std::map<std::string, Tensor> whole{{"model_ema.decay", at::zeros({1})}};
  for (const auto& [component, prefix] :
       {std::pair("transformer", "model.diffusion_model."), {"text_encoder", "text_encoders.umt5xxl.transformer."}}) {
    const std::filesystem::path file = folder / (std::string(component) + ".safetensors");
    convert_checkpoint(folder / "wan" / component, file, original, silent);
    tensor::SafetensorsFile part(file);
    for (const std::string& name : part.names()) whole[prefix + name] = part.tensor(name);
  }
  tensor::write_safetensors(folder / "whole.safetensors", whole);
  const std::vector<std::string> notices = convert_checkpoint(folder / "whole.safetensors", folder / "files", original, silent);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_THAT(notices[0], testing::HasSubstr("1 of its tensors are in none of its components and are left out: model_ema.decay"));
  for (const char* file : {"transformer.safetensors", "text_encoder.safetensors"})
    EXPECT_EQ(base::read_file(folder / "files" / file), base::read_file(folder / file)) << file;
  EXPECT_THAT(refusal_of_conversion(folder / "whole.safetensors", folder / "x.safetensors", {}),
              testing::HasSubstr("holds more than a Wan denoiser; to take it apart, choose a layout"));
}

TEST(Convert, CopiesWhatStandsBesideTheWeightsAndTakesAFolderWithASlash) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  base::write_file(folder / "model" / "transformer" / "preprocessor_config.json", "{}");
  convert_checkpoint(folder / "model" / "transformer", folder / "out" / "", {.dtype = at::kFloat, .loras = {}}, silent);
  EXPECT_EQ(base::read_file(folder / "out" / "preprocessor_config.json"), "{}");
  EXPECT_TRUE(std::filesystem::exists(folder / "out" / "config.json"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out" / ".unfinished"));
}

TEST(Convert, WritesGgufFilesOfWhatHasThem) {
  TemporaryFolder folder;
  test::write_tiny_wan(folder / "wan", test::TinyWan::text_to_video);
  auto gguf = [](const char* type) {
    return Conversion{.layout = Conversion::Layout::gguf, .blocks = type == nullptr ? nullptr : tensor::find_block_type(type)};
  };
  convert_checkpoint(folder / "wan" / "transformer", folder / "wan.gguf", gguf("q8_0"), silent);
  tensor::TensorFile file = tensor::TensorFile::open(folder / "wan.gguf");
  EXPECT_EQ(file.metadata().at("general.architecture"), "wan");
  EXPECT_EQ(file.entry("blocks.0.self_attn.q.weight").dtype, at::kFloat) << "whose rows are no whole number of blocks";
  convert_checkpoint(folder / "wan" / "text_encoder", folder / "t5.gguf", gguf(nullptr), silent);
  EXPECT_EQ(tensor::TensorFile::open(folder / "t5.gguf").entry("enc.blk.0.attn_q.weight").dtype, at::kBFloat16);
  EXPECT_EQ(tensor::TensorFile::open(folder / "t5.gguf").entry("enc.blk.0.attn_rel_b.weight").dtype, at::kFloat);
  // As a model, again.
  ModelFiles files(folder / "wan", {{"text_encoder", folder / "t5.gguf"}});
  Model::load(files, {});

  EXPECT_THAT(refusal_of_conversion(folder / "wan", folder / "x.gguf", gguf("q8_0")), testing::HasSubstr("is a whole model"));
  EXPECT_THAT(refusal_of_conversion(folder / "wan" / "vae", folder / "x.gguf", gguf("q8_0")),
              testing::HasSubstr("cannot be written as GGUF"));
  EXPECT_THAT(refusal_of_conversion(folder / "wan" / "transformer", folder / "x", gguf("q8_0")),
              testing::HasSubstr("must be a .gguf file here"));
  EXPECT_FALSE(std::filesystem::exists(folder / "x.gguf"));
}

TEST(Convert, LeavesWhatItDidNotMake) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  base::write_file(folder / "out.unfinished" / "notes", "mine");
  EXPECT_THAT(refusal_of_conversion(folder / "model", folder / "out", {}), testing::HasSubstr("remove it, or name another output"));
  EXPECT_EQ(base::read_file(folder / "out.unfinished" / "notes"), "mine");
}

TEST(Convert, LeavesNothingWhenItIsStopped) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  StopsAfter observer(3);
  EXPECT_THROW(convert_checkpoint(folder / "model", folder / "out", {.dtype = at::kFloat, .loras = {}}, observer), base::Cancelled);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 1);  // the model
}

TEST(Convert, RefusesWhatCannotBeAndLeavesNothingBehind) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  auto component = folder / "model" / "transformer";
  EXPECT_THAT(refusal_of_conversion(folder / "none", folder / "x", {}), testing::HasSubstr("does not exist"));
  EXPECT_THAT(refusal_of_conversion(component, folder / "model", {}), testing::HasSubstr("already exists"));
  EXPECT_THAT(refusal_of_conversion(component, folder / "x.safetensors", {}), testing::HasSubstr("the output must be a folder"));
  Conversion original{.layout = Conversion::Layout::original, .dtype = {}, .loras = {}};
  EXPECT_THAT(refusal_of_conversion(component, folder / "x", original), testing::HasSubstr("the output must be a .safetensors file"));
  EXPECT_THAT(refusal_of_conversion(component, folder / "x.safetensors", original), testing::HasSubstr("no original layout"));
  EXPECT_THAT(refusal_of_conversion(folder / "model", folder / "x", original), testing::HasSubstr("no original layout"));
  for (const char* left : {"x", "x.unfinished", "x.safetensors"}) EXPECT_FALSE(std::filesystem::exists(folder / left)) << left;
}

}  // namespace
}  // namespace zoetrope::model
