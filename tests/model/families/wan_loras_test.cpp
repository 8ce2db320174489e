#include "zoetrope/model/families/wan_loras.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/model/model.h"
#include "zoetrope/transformer/wan/keys.h"

namespace zoetrope::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Tensors = std::map<std::string, Tensor>;

TEST(LoraExpert, IsToldByTheNamesOfPublishedFiles) {
  const std::pair<const char*, LoraExpert> files[] = {{"high_noise_model", LoraExpert::high_noise},
                                                      {"low_noise_model", LoraExpert::low_noise},
                                                      {"Wan2.2-Lightning_T2V-A14B-4steps-lora_HIGH_fp16", LoraExpert::high_noise},
                                                      {"Wan2.2-Lightning_I2V-A14B-4steps-lora_LOW_fp16", LoraExpert::low_noise},
                                                      {"wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise", LoraExpert::high_noise},
                                                      {"wan2.2_i2v_A14b_low_noise_lora_rank64_lightx2v_4step_1022", LoraExpert::low_noise},
                                                      {"Wan22-I2V-A14B-HIGH-rCM6_0_lora_rank_64_bf16", LoraExpert::high_noise},
                                                      {"style_HighNoise-v2", LoraExpert::high_noise},
                                                      {"lightx2v_T2V_14B_cfg_step_distill_v2_lora_rank64_bf16", LoraExpert::unknown},
                                                      {"slow_highway", LoraExpert::unknown},
                                                      {"both_high_and_low", LoraExpert::unknown}};
  TemporaryFolder folder;
  for (const auto& [stem, expert] : files) {
    const auto file = folder / (std::string(stem) + ".safetensors");
    tensor::write_safetensors(file, Tensors{{"x", at::zeros({1})}});
    EXPECT_EQ(lora_expert(file), expert) << stem;
  }
  tensor::write_safetensors(folder / "style.safetensors", Tensors{{"x", at::zeros({1})}}, {{"ss_output_name", "style-low-noise"}});
  EXPECT_EQ(lora_expert(folder / "style.safetensors"), LoraExpert::low_noise) << "by its metadata";
}

/// The keys of a tiny Wan's layers in the original style: name, rows, columns (0 for a vector).
struct Layer {
  std::string name;
  std::vector<int64_t> shape;
};

std::vector<Layer> linear_layers(const tensor::Checkpoint& checkpoint) {
  std::vector<Layer> layers;
  for (const std::string& name : checkpoint.names())
    if (const auto& shape = checkpoint.entry(name).shape; shape.size() == 2 && name.ends_with(".weight")) {
      std::string original = *transformer::wan::keys().to_original(name);
      layers.push_back({original.substr(0, original.size() - std::string_view(".weight").size()), shape});
    }
  return layers;
}

/// Updates of rank 64 of the layers of the blocks, or of all.
Tensors updates(const std::vector<Layer>& layers, const std::string& prefix, const char* down, const char* up, bool blocks_alone,
                std::optional<double> alpha) {
  Tensors tensors;
  for (const auto& [name, shape] : layers) {
    if (blocks_alone && !name.starts_with("blocks.")) continue;
    const uint64_t seed = tensors.size();
    tensors[prefix + name + down] = .1 * draw({64, shape[1]}, seed);
    tensors[prefix + name + up] = .1 * draw({shape[0], 64}, seed + 1);
    if (alpha) tensors[prefix + name + ".alpha"] = at::scalar_tensor(*alpha);
  }
  return tensors;
}

struct WanLorasTest : testing::Test {
  /// The file changes all that its keys name, by their parameters, and leaves nothing out.
  void expect_all_used(const std::filesystem::path& file, const tensor::Checkpoint& denoiser, double scale) {
    tensor::Checkpoint checkpoint = denoiser;
    std::vector<std::string> told;
    auto specs = with_trained_scales({{file}}, told);
    tensor::LoraWeights weights(checkpoint, specs, transformer::wan::keys());
    EXPECT_THAT(weights.notices(), IsEmpty()) << file;
    EXPECT_EQ(specs.front().scale.value_or(1), scale) << file;
    EXPECT_EQ(told.size(), scale == 1 ? 0u : 1u) << file;
    const tensor::SafetensorsFile given(file);
    for (const std::string& name : given.names()) {
      auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
      if (!ends(".lora_down.weight") && !ends(".lora_A.weight")) continue;
      const std::string layer = name.substr(0, name.rfind(".lora_")), other = ends(".lora_A.weight") ? ".lora_B.weight" : ".lora_up.weight";
      const std::string prefix = "diffusion_model.";
      std::string original = layer.starts_with(prefix) ? layer.substr(prefix.size()) : layer;
      auto here = transformer::wan::keys().to_canonical(original + ".weight");
      if (!here) continue;  // the styles of diffusers and kohya are followed by lora_test.cpp
      double alpha = given.has(layer + ".alpha") ? given.tensor(layer + ".alpha").item<double>() / 64 : 1;
      Tensor change = scale * alpha * given.tensor(layer + other).matmul(given.tensor(name));
      if (given.has(layer + ".diff")) change = change + given.tensor(layer + ".diff");
      Tensor before = denoiser.entry(*here).dtype == at::kFloat ? checkpoint.dequantized(*here) : Tensor();
      EXPECT_TRUE(weights.merged(*here).allclose(before + change, 1e-4, 1e-5)) << name;
    }
  }

  WanLorasTest() {
    test::write_tiny_wan(folder / "wan", test::TinyWan::two_experts);
    test::write_tiny_wan(folder / "i2v", test::TinyWan::image_to_video);
  }
  tensor::Checkpoint denoiser(const char* model) { return tensor::Checkpoint(folder / model / "transformer"); }
  TemporaryFolder folder;
};

TEST_F(WanLorasTest, OfLightningHaveTheScaleThatTheyWereTrainedWith) {
  auto layers = linear_layers(denoiser("wan"));
  const auto published = folder / "Wan2.2-T2V-A14B-4steps-lora-rank64-Seko-V1" / "high_noise_model.safetensors";
  std::filesystem::create_directories(published.parent_path());
  const Tensors bare = updates(layers, "", ".lora_down.weight", ".lora_up.weight", true, {});
  tensor::write_safetensors(published, bare);
  expect_all_used(published, denoiser("wan"), .125);
  const auto renamed = folder / "Wan2.2-Lightning_T2V-A14B-4steps-lora_LOW_fp16.safetensors";
  tensor::write_safetensors(renamed, updates(layers, "diffusion_model.", ".lora_A.weight", ".lora_B.weight", true, {}));
  expect_all_used(renamed, denoiser("wan"), .125);

  std::vector<std::string> told;
  EXPECT_EQ(with_trained_scales({{published, 1.}}, told).front().scale, 1) << "a scale that is asked for counts";
  EXPECT_THAT(told, IsEmpty());
  with_trained_scales({{published}}, told);
  EXPECT_THAT(told, ElementsAre(HasSubstr("its scale is 0.125, as it was trained")));

  // Alpha, differences, another rank or another name: not one of those.
  auto expect_scale_1 = [&](const std::filesystem::path& file, Tensors tensors, const std::map<std::string, std::string>& metadata = {}) {
    tensor::write_safetensors(file, tensors, metadata);
    std::vector<std::string> none;
    EXPECT_EQ(with_trained_scales({{file}}, none).front().scale, std::nullopt) << file;
  };
  expect_scale_1(published, updates(layers, "diffusion_model.", ".lora_down.weight", ".lora_up.weight", true, 8));
  Tensors extracted = bare;
  extracted["blocks.0.norm3.diff"] = at::ones({24});
  expect_scale_1(published, extracted);
  Tensors narrow = bare;
  narrow["blocks.0.self_attn.q.lora_down.weight"] = at::ones({32, 24});
  expect_scale_1(published, narrow);
  expect_scale_1(published, bare, {{"lora_adapter_metadata", R"({"transformer.lora_alpha": 8})"}});
  expect_scale_1(folder / "style_high.safetensors", bare);
  expect_scale_1(folder / "lightx2v_T2V_14B_cfg_step_distill_v2_lora_rank64_bf16.safetensors", bare);
}

TEST_F(WanLorasTest, OfEveryPublishedKeyStyleAreUsedWhole) {
  auto layers = linear_layers(denoiser("wan"));
  auto file = [&](const char* name, const Tensors& tensors) {
    tensor::write_safetensors(folder / name, tensors);
    return folder / name;
  };
  // Kijai's Wan22-Lightning, Comfy-Org's lightx2v_4steps: alpha 8.
  expect_all_used(file("Wan2.2-Lightning_T2V-A14B-4steps-lora_HIGH_fp16.safetensors",
                       updates(layers, "diffusion_model.", ".lora_down.weight", ".lora_up.weight", true, 8)),
                  denoiser("wan"), 1);
  // diffusers and peft; musubi-tuner.
  auto of_diffusers = [&](const char* prefix, const char* down, const char* up, bool underscores, std::optional<double> alpha) {
    Tensors tensors;
    for (const auto& [name, shape] : layers) {
      std::string here = *transformer::wan::keys().to_canonical(name + ".weight");
      here = underscores ? tensor::with_underscores(name) : here.substr(0, here.rfind('.'));
      tensors[prefix + here + down] = draw({4, shape[1]}, 1), tensors[prefix + here + up] = draw({shape[0], 4}, 2);
      if (alpha) tensors[prefix + here + ".alpha"] = at::scalar_tensor(*alpha);
    }
    return tensors;
  };
  expect_all_used(file("peft.safetensors", of_diffusers("transformer.", ".lora_A.weight", ".lora_B.weight", false, {})), denoiser("wan"),
                  1);
  expect_all_used(file("kohya.safetensors", of_diffusers("lora_unet_", ".lora_down.weight", ".lora_up.weight", true, 2)), denoiser("wan"),
                  1);

  // lightx2v's extracted files: all linear layers with differences of biases, norms, modulations and the patch embedding.
  for (const char* model : {"wan", "i2v"}) {
    tensor::Checkpoint checkpoint = denoiser(model);
    Tensors tensors = updates(linear_layers(checkpoint), "diffusion_model.", ".lora_down.weight", ".lora_up.weight", false, {});
    std::vector<std::string> changed;
    for (const std::string& name : checkpoint.names()) {
      std::string original = transformer::wan::keys().to_original(name).value_or(name);
      const std::vector<int64_t>& shape = checkpoint.entry(name).shape;
      auto as = [&](std::string_view ending, const char* difference) {
        return "diffusion_model." + original.substr(0, original.size() - ending.size()) + difference;
      };
      if (original.ends_with(".bias")) tensors[as(".bias", ".diff_b")] = draw(shape, 3);
      if (original.ends_with(".weight") && (shape.size() == 1 || shape.size() == 5)) tensors[as(".weight", ".diff")] = draw(shape, 4);
      if (original.ends_with(".modulation")) tensors[as(".modulation", ".diff_m")] = draw(shape, 5);
      changed.push_back(name);
    }
    tensors["diffusion_model.head.head.diff"] = draw(checkpoint.entry("proj_out.weight").shape, 6);  // Wan2.2-Distill-Loras
    const auto path = file("wan2.2_i2v_A14b_high_noise_lora_rank64_lightx2v_4step_1022.safetensors", tensors);
    expect_all_used(path, checkpoint, 1);
    tensor::LoraWeights weights(checkpoint, {{path}}, transformer::wan::keys());
    for (const std::string& name : changed) EXPECT_TRUE(weights.changes(name)) << name;
  }
}

TEST_F(WanLorasTest, OfAPairAreRefusedWhereTheyAreSwappedOrOneIsMissing) {
  auto file = [&](const std::string& name) {
    tensor::write_safetensors(folder / (name + ".safetensors"),
                              updates(linear_layers(denoiser("wan")), "diffusion_model.", ".lora_down.weight", ".lora_up.weight", true, 8));
    return std::vector<tensor::LoraSpec>{{folder / (name + ".safetensors")}};
  };
  auto told = [&](const std::map<std::string, std::vector<tensor::LoraSpec>>& loras) {
    ModelFiles files(folder / "wan");
    files.loras = loras;
    return complaint<base::InvalidRequest>([&] { Model::load(files, {}); });
  };
  const auto high = file("wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise"), low = file("wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise");
  const auto style = file("style"), style_high = file("style_high_noise"), first_version = file("lightx2v_T2V_14B_lora_rank64");
  EXPECT_EQ(told({{"transformer", high}, {"transformer_2", low}}), "");
  EXPECT_THAT(
      told({{"transformer", low}, {"transformer_2", high}}),
      testing::AllOf(HasSubstr("lora is for the first denoiser"), HasSubstr("low_noise.safetensors' is by its name for the other one")));
  EXPECT_THAT(told({{"transformer", high}, {"transformer_2", high}}), HasSubstr("lora_2 is for the second denoiser"));
  EXPECT_THAT(told({{"transformer", high}}), testing::AllOf(HasSubstr("lora_2 is needed"), HasSubstr("give the file for low noise, too")));
  EXPECT_THAT(told({{"transformer", high}, {"transformer_2", style}}), HasSubstr("lora_2 is needed"));
  EXPECT_THAT(told({{"transformer_2", low}}), HasSubstr("lora is needed"));
  EXPECT_EQ(told({{"transformer", high}, {"transformer_2", first_version}}), "") << "that of Wan2.1 serves either";
  EXPECT_EQ(told({{"transformer", style_high}}), "") << "which changes no number of steps";

  ModelFiles single(folder / "i2v");
  single.loras = {{"transformer", low}};
  EXPECT_EQ(complaint([&] { Model::load(single, {}); }), "") << "a model with one denoiser takes either";
}

}  // namespace
}  // namespace zoetrope::model
