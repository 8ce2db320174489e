#include "zoetrope/tensor/checkpoint.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::tensor {
namespace {

TEST(Checkpoint, ReadsAComponentThatWasSaved) {
  TemporaryFolder folder;
  Tensor weight = at::linspace(-2, 2, 6).reshape({2, 3});
  save_component(folder / "unet", {{"width", 3}}, {{"proj.weight", weight}, {"proj.index", at::arange(2)}}, at::kBFloat16);
  EXPECT_EQ(read_config(folder / "unet").at("width"), 3);

  Checkpoint checkpoint(folder / "unet");
  Weights place = Weights(checkpoint) / "proj";
  EXPECT_TRUE(place.has("weight"));
  EXPECT_FALSE(place.has("bias"));
  Tensor read = place.get("weight", {2, 3});
  EXPECT_TRUE(at::equal(read, weight.to(at::kBFloat16)));
  EXPECT_EQ(checkpoint.unused(), std::vector<std::string>{"proj.index"});
  EXPECT_EQ(checkpoint.names(), (std::vector<std::string>{"proj.index", "proj.weight"}));
  EXPECT_EQ(checkpoint.entry("proj.weight").dtype, at::kBFloat16);
}

TEST(Checkpoint, CallsParametersByOtherNames) {
  TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", {{"a.1", at::ones({2})}, {"b", at::zeros({3})}});
  Checkpoint checkpoint(folder / "x.safetensors");
  checkpoint.rename([](const std::string& name) { return name == "a.1" ? "first" : name; });
  EXPECT_EQ(checkpoint.names(), (std::vector<std::string>{"b", "first"}));
  EXPECT_TRUE(checkpoint.get("first", {2}).equal(at::ones({2})));
  EXPECT_EQ(checkpoint.name_in_file("first"), "a.1");
  EXPECT_FALSE(checkpoint.has("a.1"));
  EXPECT_THAT(complaint([&] { checkpoint.rename([](const std::string&) { return "same"; }); }),
              testing::HasSubstr("'b' and 'a.1' are two names of one parameter"));
}

TEST(Checkpoint, TakesOneComponentOutOfAFileOfSeveral) {
  TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors",
                    {{"vae.a", at::ones({2})}, {"first_stage_model.b", at::zeros({3})}, {"model.c", at::ones({1})}});
  Checkpoint checkpoint(folder / "x.safetensors");
  checkpoint.select({"other."});
  EXPECT_EQ(checkpoint.names().size(), 3u) << "a file of one component stays as it is";
  checkpoint.select({"vae.", "first_stage_model."});
  EXPECT_EQ(checkpoint.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(checkpoint.name_in_file("a"), "vae.a");
}

TEST(Checkpoint, CastsFloatingTensorsOnce) {
  TemporaryFolder folder;
  save_component(folder.path, base::Json::object(), {{"x", at::ones({4})}, {"i", at::arange(4)}}, at::kBFloat16);
  Checkpoint checkpoint(folder.path);
  checkpoint.cast_weights();
  Tensor x = checkpoint.get("x", {4});
  EXPECT_EQ(x.scalar_type(), at::kFloat);
  EXPECT_EQ(x.data_ptr(), checkpoint.get("x", {4}).data_ptr());
  EXPECT_EQ(checkpoint.get("i", {4}).scalar_type(), at::kLong);
}

TEST(Checkpoint, ReadsTheNamesOfTransformersAndSingleFiles) {
  TemporaryFolder folder;
  write_safetensors(folder / "model.safetensors", {{"x", at::ones({4})}});
  EXPECT_TRUE(Checkpoint(folder.path).has("x"));
  EXPECT_TRUE(Checkpoint(folder / "model.safetensors").has("x"));
}

TEST(Checkpoint, JoinsShards) {
  TemporaryFolder folder;
  write_safetensors(folder / "m-00001-of-00002.safetensors", {{"a", at::ones({4})}, {"b", at::zeros({2})}});
  write_safetensors(folder / "m-00002-of-00002.safetensors", {{"c", at::full({3}, 7)}});
  auto index = [&](const std::string& shard_of_c) {
    base::Json map{{"a", "m-00001-of-00002.safetensors"}, {"b", "m-00001-of-00002.safetensors"}, {"c", shard_of_c}};
    base::write_file(folder / "m.safetensors.index.json", base::Json{{"metadata", {{"total_size", 36}}}, {"weight_map", map}}.dump());
  };
  index("m-00002-of-00002.safetensors");
  Checkpoint checkpoint(folder.path);
  EXPECT_TRUE(at::equal(checkpoint.get("c", {3}), at::full({3}, 7)));
  EXPECT_EQ(checkpoint.unused(), (std::vector<std::string>{"a", "b"}));

  std::string path = folder / "m.safetensors.index.json";
  index("m-00001-of-00002.safetensors");
  EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }), path + ": the shard m-00001-of-00002.safetensors does not contain tensor 'c'");
  for (std::string outside : {"../m.safetensors", "/etc/passwd", "..", ""}) {
    index(outside);
    EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }), path + ": the shard '" + outside + "' of 'c' is not a plain file name");
  }
  base::write_file(path, "[]");
  EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }), path + ": is not a JSON object");
  base::write_file(path, "{}");
  EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }), path + ": has no object 'weight_map'");
}

TEST(Checkpoint, SaysWhatIsWrong) {
  TemporaryFolder folder;
  EXPECT_EQ(complaint([&] { Checkpoint{folder / "none"}; }),
            (folder / "none").string() + ": does not exist; it should be a component's folder or a safetensors file");
  base::write_file(folder / "vit/config.json", R"({"architectures": ["ViT"]})");
  EXPECT_EQ(complaint([&] { Checkpoint{folder / "vit/vae"}; }),
            fmt::format("{0}/vae: does not exist; '{0}' is a component of the class ViT", (folder / "vit").string()));
  EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }),
            folder.path.string() +
                ": contains no weights: neither diffusion_pytorch_model.safetensors nor model.safetensors nor "
                "*.safetensors.index.json");
  base::write_file(folder / "model.pth", "\x80\x02}q");
  std::string pickle = (folder / "model.pth").string() +
                       ": is a pickle, which can run code when it is read; convert it to safetensors with Python: "
                       "safetensors.torch.save_file(torch.load('model.pth', weights_only=True), 'model.safetensors')";
  EXPECT_EQ(complaint([&] { Checkpoint{folder / "model.pth"}; }), pickle);
  EXPECT_EQ(complaint([&] { Checkpoint{folder.path}; }), pickle);
  EXPECT_EQ(complaint([&] { Checkpoint{folder / "none.pth"}; }),
            (folder / "none.pth").string() + ": does not exist; it should be a component's folder or a safetensors file");

  std::string path = folder / "model.safetensors";
  write_safetensors(path, {{"x", at::ones({4, 2})}});
  Checkpoint checkpoint(folder.path);
  EXPECT_EQ(complaint([&] { checkpoint.get("x", {2, 4}); }), path + ": parameter 'x' is [4,2] in the file, this model needs [2,4]");
  EXPECT_EQ(complaint([&] { checkpoint.get("y", {2}); }), path + ": there is no parameter 'y' among its 1");
  EXPECT_EQ(checkpoint.unused(), std::vector<std::string>{"x"}) << "a refused parameter is not used";
  EXPECT_EQ(complaint([&] { read_config(folder.path); }), (folder / "config.json").string() + ": does not exist");
}

}  // namespace
}  // namespace zoetrope::tensor
