#include "zoetrope/tensor/lora.h"

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/random.h"

namespace zoetrope::tensor {
namespace {

/// A checkpoint with one layer, called "here.0.to_q" and originally "there.0.q", two tables of modulation, and a layer of another width
/// in other models of its family.
struct Base {
  Base() {
    write_safetensors(folder / "base.safetensors", {{"here.0.to_q.weight", weight},
                                                    {"here.0.to_q.bias", bias},
                                                    {"here.0.table", table},
                                                    {"table", table},
                                                    {"patch.weight", at::zeros({2, 3})}});
  }
  std::filesystem::path lora(const std::map<std::string, Tensor>& tensors) const {
    write_safetensors(folder / "lora.safetensors", tensors);
    return folder / "lora.safetensors";
  }
  TemporaryFolder folder;
  Tensor weight = draw({4, 3}, 1), bias = draw({4}, 2), table = draw({1, 6, 4}, 3);
  KeyStyle style{{{"there.#.q.*", "here.#.to_q.*"},
                  {"there.#.modulation", "here.#.table"},
                  {"head.modulation", "table"},
                  {"patch.*", "patch.*", /*optional=*/true},
                  {"there.#.k_img.*", "here.#.add_k.*", /*optional=*/true}}};
};

TEST(Lora, AddsScaledChangesOfAnyStyleWhenTheLayerMultiplies) {
  Base base;
  Tensor down = draw({2, 3}, 3), up = draw({4, 2}, 4), x = draw({5, 3}, 5);
  for (auto [prefix, a, b] : {std::tuple{"transformer.here.0.to_q", "lora_A.weight", "lora_B.weight"},
                              {"diffusion_model.there.0.q", "lora_A.weight", "lora_B.weight"},
                              {"lora_unet_there_0_q", "lora_down.weight", "lora_up.weight"}}) {
    auto file = base.lora({{fmt::format("{}.{}", prefix, a), down},
                           {fmt::format("{}.{}", prefix, b), up},
                           {fmt::format("{}.alpha", prefix), at::scalar_tensor(1.0)}});
    Checkpoint checkpoint(base.folder / "base.safetensors");
    LoraWeights weights(checkpoint, {{file, 0.5}}, base.style);
    Tensor weight = weights.get("here.0.to_q.weight", {4, 3});
    auto kernel = weights.kernel("here.0.to_q", weight, base.bias);
    Tensor changed = base.weight + 0.5 * (1.0 / 2) * up.matmul(down);
    EXPECT_TRUE(at::allclose(kernel->apply(x), at::linear(x, changed, base.bias), 1e-5, 1e-5)) << prefix;
    EXPECT_TRUE(at::allclose(weights.merged("here.0.to_q.weight"), changed, 1e-5, 1e-5)) << prefix;
    EXPECT_TRUE(weight.equal(base.weight));  // mapped, as in the file
  }
}

TEST(Lora, TakesWholeDifferencesAndAddsThemOnce) {
  Base base;
  Tensor down = draw({2, 3}, 3), up = draw({4, 2}, 4), diff = draw({4, 3}, 5), diff_b = draw({4}, 6), x = draw({5, 3}, 7);
  std::string layer = "diffusion_model.there.0.q";
  auto file =
      base.lora({{layer + ".lora_A.weight", down}, {layer + ".lora_B.weight", up}, {layer + ".diff", diff}, {layer + ".diff_b", diff_b}});
  Checkpoint checkpoint(base.folder / "base.safetensors");
  LoraWeights weights(checkpoint, {{file, 2}}, base.style);
  auto kernel = weights.kernel("here.0.to_q", weights.get("here.0.to_q.weight", {4, 3}), weights.get("here.0.to_q.bias", {4}));
  Tensor expected = at::linear(x, base.weight + 2 * diff + 2 * up.matmul(down), base.bias + 2 * diff_b);
  EXPECT_TRUE(at::allclose(kernel->apply(x), expected, 1e-4, 1e-5));
}

TEST(Lora, AddsDifferencesOfModulationsWithTheScale) {
  Base base;
  Tensor diff = draw({1, 6, 4}, 4), of_head = draw({1, 6, 4}, 5);
  for (auto [block, head] : {std::pair{"diffusion_model.there.0.diff_m", "diffusion_model.head.diff_m"},
                             {"lora_unet_there_0.diff_m", "lora_unet_head.diff_m"}}) {
    Checkpoint checkpoint(base.folder / "base.safetensors");
    LoraWeights weights(checkpoint, {{base.lora({{block, diff}, {head, of_head}}), 0.5}}, base.style);
    EXPECT_TRUE(at::allclose(weights.get("here.0.table", {1, 6, 4}), base.table + 0.5 * diff)) << block;
    EXPECT_TRUE(at::allclose(weights.merged("table"), base.table + 0.5 * of_head)) << head;
    EXPECT_TRUE(weights.changes("here.0.table"));
  }
}

TEST(Lora, AddsBiasesOfTheUpdateWithItsScale) {
  Base base;
  Tensor down = draw({2, 3}, 3), up = draw({4, 2}, 4), up_bias = draw({4}, 5), x = draw({5, 3}, 6);
  for (std::string ending : {"lora_B", "lora_B.default"}) {
    std::string layer = "transformer.here.0.to_q";
    auto file = base.lora({{layer + ".lora_A.weight", down},
                           {layer + ".lora_B.weight", up},
                           {layer + "." + ending + ".bias", up_bias},
                           {layer + ".alpha", at::scalar_tensor(6.0)}});
    Checkpoint checkpoint(base.folder / "base.safetensors");
    LoraWeights weights(checkpoint, {{file, 0.5}}, base.style);
    auto kernel = weights.kernel("here.0.to_q", weights.get("here.0.to_q.weight", {4, 3}), weights.get("here.0.to_q.bias", {4}));
    Tensor expected = at::linear(x, base.weight, base.bias) + 0.5 * 3 * at::linear(at::linear(x, down), up, up_bias);
    EXPECT_TRUE(at::allclose(kernel->apply(x), expected, 1e-4, 1e-5)) << ending;
  }
}

TEST(Lora, LeavesOutPartsThatTheModelDoesNotHaveAndTellsThem) {
  Base base;
  Checkpoint checkpoint(base.folder / "base.safetensors");
  Tensor down = draw({2, 3}, 3), up = draw({4, 2}, 4);
  for (auto [prefix, used, lost, patch] : {std::tuple{"transformer.", "here.0.to_q", "here.0.add_k", "patch"},
                                           {"diffusion_model.", "there.0.q", "there.0.k_img", "patch"},
                                           {"lora_unet_", "there_0_q", "there_0_k_img", "patch"}}) {
    std::map<std::string, Tensor> tensors;
    for (const char* layer : {used, lost}) {
      tensors[fmt::format("{}{}.lora_down.weight", prefix, layer)] = down;
      tensors[fmt::format("{}{}.lora_up.weight", prefix, layer)] = up;
    }
    tensors[fmt::format("{}{}.diff", prefix, patch)] = at::ones({2, 9});  // of a model that reads images besides
    const std::filesystem::path file = base.lora(tensors);
    LoraWeights weights(checkpoint, {{file, 1}}, base.style);
    EXPECT_TRUE(at::allclose(weights.merged("here.0.to_q.weight"), base.weight + up.matmul(down), 1e-5, 1e-5)) << prefix;
    EXPECT_FALSE(weights.changes("patch.weight"));
    ASSERT_EQ(weights.notices().size(), 1u);
    EXPECT_THAT(weights.notices()[0], testing::HasSubstr("3 of its 5 keys are for parts that this model does not have: "));
    const std::string name = lost;
    EXPECT_THAT(weights.notices()[0], testing::HasSubstr(name.substr(name.size() - 5) + ".lora_down.weight"));
    EXPECT_THAT(complaint([&] {
                  LoraWeights(checkpoint, {{file, 1, /*strict=*/true}}, base.style);
                }),
                testing::HasSubstr("3 of its 5 keys"));
  }
  auto nothing_left = base.lora({{"transformer.here.0.add_k.lora_A.weight", down}, {"transformer.here.0.add_k.lora_B.weight", up}});
  EXPECT_THAT(complaint([&] { LoraWeights(checkpoint, {{nothing_left, 1}}, base.style); }), testing::HasSubstr("2 of its 2 keys"));
}

TEST(Lora, TakesAlphaFromTheSettingsOfDiffusersAndPeft) {
  Base base;
  Tensor down = draw({2, 3}, 3), up = draw({4, 2}, 4);
  std::map<std::string, Tensor> tensors{{"here.0.to_q.lora_A.weight", down}, {"here.0.to_q.lora_B.weight", up}};
  auto change = [&](const std::filesystem::path& file) {
    Checkpoint checkpoint(base.folder / "base.safetensors");
    return LoraWeights(checkpoint, {{file, 1}}, base.style).merged("here.0.to_q.weight") - base.weight;
  };
  auto diffusers = base.folder / "diffusers.safetensors", peft = base.folder / "adapter_model.safetensors";
  write_safetensors(diffusers, tensors, {{"lora_adapter_metadata", R"({"transformer.lora_alpha": 16, "transformer.r": 2})"}});
  EXPECT_TRUE(at::allclose(change(diffusers), 8 * up.matmul(down), 1e-4, 1e-5));
  write_safetensors(peft, tensors);
  base::write_file(base.folder / "adapter_config.json", R"({"lora_alpha": 6, "r": 2, "use_rslora": true})");
  EXPECT_TRUE(at::allclose(change(peft), 6 / std::sqrt(2) * up.matmul(down), 1e-4, 1e-5));
  base::write_file(base.folder / "adapter_config.json", R"({"alpha_pattern": {"to_q": 3}})");
  EXPECT_THAT(complaint([&] { change(peft); }), testing::HasSubstr("'alpha_pattern' is {\"to_q\":3}"));
}

TEST(Lora, IsRefusedWhereItDoesNotFit) {
  Base base;
  Checkpoint checkpoint(base.folder / "base.safetensors");
  auto refusal = [&](const std::map<std::string, Tensor>& tensors) {
    return complaint([&] { LoraWeights(checkpoint, {{base.lora(tensors), 1}}, base.style); });
  };
  std::string layer = "transformer.here.0.to_q";
  EXPECT_THAT(refusal({{"transformer.other.lora_A.weight", at::ones({2, 3})}}), testing::HasSubstr("1 of its 1 keys"));
  EXPECT_THAT(refusal({{layer + ".dora_scale", at::ones({4})}}), testing::HasSubstr("dora_scale"));
  EXPECT_THAT(refusal({{layer + ".lora_A.weight", at::ones({2, 3})}}), testing::HasSubstr("only one of its two matrices"));
  EXPECT_THAT(refusal({{layer + ".lora_A.weight", at::ones({2, 5})}, {layer + ".lora_B.weight", at::ones({4, 2})}}),
              testing::HasSubstr("[4,2] x [2,5], which does not match its weight [4,3]"));
  EXPECT_THAT(refusal({{layer + ".lora_B.bias", at::ones({4})}}), testing::HasSubstr("only one of its two matrices"));
  EXPECT_THAT(refusal({{"diffusion_model.there.0.diff_m", at::ones({1, 2, 4})}}),
              testing::HasSubstr("is [1,2,4], but the parameter is [1,6,4]"));
}

}  // namespace
}  // namespace zoetrope::tensor
