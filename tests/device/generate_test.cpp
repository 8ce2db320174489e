// Whole clips are made on every device as they are on the CPU, and a step of sampling reads one number back: whether all are finite.
#include <gtest/gtest.h>

#include "tests/device/strict_device.h"
#include "tests/draw.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_dit.h"
#include "tests/model/tiny_model.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/media/image.h"

namespace zoetrope::test {
namespace {

struct Everywhere : testing::Test {
  Everywhere() { asked.prompt = "a red ball"; }
  /// Generates what is asked on each device; the clip is that of the CPU.
  void expect_the_same(const generation::PartialRequest& asked) const {
    auto make = [&](at::Device device) {
      model::Model model = model::Model::load(folder / "model", {device, at::kFloat});
      return generated(generation::resolve(asked, model).request, model);
    };
    const generation::CollectingSink expected = make(at::kCPU);
    for (at::Device device : devices()) {
      const generation::CollectingSink found = make(device);
      EXPECT_TRUE(found.latents().is_cpu() && found.frames().is_cpu());
      EXPECT_TRUE(at::allclose(found.latents(), expected.latents(), 1e-3, 1e-4)) << device;
      EXPECT_TRUE(at::allclose(found.frames(), expected.frames(), 1e-3, 1e-3)) << device;
    }
  }
  /// What a step of sampling reads from the device.
  double reads_per_step(generation::PartialRequest asked) const {
    model::Model model = model::Model::load(folder / "model", {strict_device(), at::kFloat});
    auto reads = [&](int64_t steps) {
      asked.steps = steps;
      const int64_t before = host_reads();
      generated(generation::resolve(asked, model).request, model);
      return host_reads() - before;
    };
    return static_cast<double>(reads(6) - reads(2)) / 4;
  }
  std::filesystem::path image(const std::string& name, uint64_t seed) const {
    media::write_image(folder / name, draw({32, 32, 3}, seed).sigmoid().mul(255).to(at::kByte));
    return folder / name;
  }

  TemporaryFolder folder;
  generation::PartialRequest asked;
};

TEST_F(Everywhere, NativeWithGivenFrames) {
  write_tiny_model(folder / "model");
  for (const char* sampler : {"euler", "heun", "unipc", "dpm++", "lcm"}) {
    asked.sampler = sampler;
    expect_the_same(asked);
  }
  asked.image = image("first.png", 1), asked.last_image = image("last.png", 2);
  expect_the_same(asked);
  asked.frames = 25;  // in windows
  expect_the_same(asked);
  asked.frames = {};
  EXPECT_EQ(reads_per_step(asked), 1);
}

TEST_F(Everywhere, WanFromText) {
  write_tiny_wan(folder / "model", TinyWan::text_to_video);
  asked.size = {48, 32}, asked.frames = 5, asked.steps = 3;
  expect_the_same(asked);
  asked.preset = "wan";
  expect_the_same(asked);
  EXPECT_EQ(reads_per_step(asked), 1);
  asked.image = image("first.png", 1), asked.mask = image("mask.png", 2), asked.strength = .7;  // replaced after each step
  expect_the_same(asked);
}

TEST_F(Everywhere, WanFromAnImage) {
  asked.size = {32, 32}, asked.frames = 5, asked.steps = 2;
  asked.image = image("first.png", 1);
  for (TinyWan kind : {TinyWan::image_to_video, TinyWan::tokens_with_timesteps}) {
    std::filesystem::remove_all(folder / "model");
    write_tiny_wan(folder / "model", kind);
    expect_the_same(asked);
    EXPECT_EQ(reads_per_step(asked), 1);
  }
}

TEST_F(Everywhere, WanWithTwoExperts) {
  write_tiny_wan(folder / "model", TinyWan::two_experts);
  asked.size = {32, 32}, asked.frames = 5, asked.steps = 3;
  expect_the_same(asked);
  EXPECT_EQ(reads_per_step(asked), 1);
}

TEST_F(Everywhere, Dit) {
  write_tiny_dit(folder / "model", {{"_class_name", "DDIMScheduler"}, {"clip_sample", false}});
  asked.prompt = {}, asked.class_label = "poodle", asked.steps = 4;
  expect_the_same(asked);
  asked.preset = "paper";
  expect_the_same(asked);
  asked.preset = {};
  EXPECT_EQ(reads_per_step(asked), 1);
}

TEST_F(Everywhere, WithLora) {
  write_tiny_wan(folder / "model", TinyWan::text_to_video);
  tensor::write_safetensors(folder / "lora.safetensors", {{"transformer.blocks.0.attn1.to_q.lora_A.weight", draw({2, 24}, 1)},
                                                          {"transformer.blocks.0.attn1.to_q.lora_B.weight", draw({24, 2}, 2)},
                                                          {"transformer.blocks.1.ffn.net.2.diff_b", draw({24}, 3)},
                                                          {"transformer.patch_embedding.diff", draw({24, 4, 1, 2, 2}, 4)}});
  model::ModelFiles files(folder / "model");
  files.loras["transformer"] = {{folder / "lora.safetensors", .5}};
  asked.size = {32, 32}, asked.frames = 1, asked.steps = 2;
  auto make = [&](at::Device device) {
    model::Model model = model::Model::load(files, {device, at::kFloat});
    return generated(generation::resolve(asked, model).request, model).latents();
  };
  for (at::Device device : devices()) EXPECT_TRUE(at::allclose(make(device), make(at::kCPU), 1e-3, 1e-4)) << device;
}

}  // namespace
}  // namespace zoetrope::test
