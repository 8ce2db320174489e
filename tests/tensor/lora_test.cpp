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

/// A checkpoint with one layer, called "here.0.to_q" and originally "there.0.q".
struct Base {
  Base() { write_safetensors(folder / "base.safetensors", {{"here.0.to_q.weight", weight}, {"here.0.to_q.bias", bias}}); }
  std::filesystem::path lora(const std::map<std::string, Tensor>& tensors) const {
    write_safetensors(folder / "lora.safetensors", tensors);
    return folder / "lora.safetensors";
  }
  TemporaryFolder folder;
  Tensor weight = draw({4, 3}, 1), bias = draw({4}, 2);
  KeyStyle style{{{"there.#.q.*", "here.#.to_q.*"}}};
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
}

}  // namespace
}  // namespace zoetrope::tensor
