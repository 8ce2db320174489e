// Every network gives on every device what it gives on the CPU.
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "tests/autoencoder/native/narrow_config.h"
#include "tests/device/strict_device.h"
#include "tests/draw.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "tests/vision/tiny_recogniser.h"
#include "zoetrope/autoencoder/sd/autoencoder.h"
#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/tensor/gguf.h"
#include "zoetrope/transformer/dit/denoiser.h"
#include "zoetrope/transformer/wan/denoiser.h"
#include "zoetrope/vision/clip.h"
#include "zoetrope/vision/vit.h"

namespace zoetrope::test {
namespace {

using Tensors = std::vector<Tensor>;

/// `run` of a network of random weights on each device, against the CPU. It gets what it makes its inputs with.
template <class Network, class Config>
void expect_the_same_everywhere(const Config& config, const std::function<Tensors(const Network&, at::Device)>& run) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights drawn = random_weights(3, {.2, .5});
  const Tensors expected = run(Network(tensor::Weights(drawn), config), at::kCPU);
  for (at::Device device : devices()) {
    tensor::TensorMap weights(drawn.parameters(), {device, at::kFloat});
    const Tensors found = run(Network(tensor::Weights(weights), config), device);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_LT((found[i].cpu() - expected[i]).abs().max().item<double>(), 1e-4 * expected[i].abs().max().item<double>())
          << device << ", result " << i;
  }
}

transformer::TokenTimesteps two_timesteps(double highest, int64_t tokens, at::Device device) {
  return {at::tensor({0., highest}, at::kFloat).unsqueeze(0), at::arange(tokens).remainder(2).unsqueeze(0).to(device)};
}

text::TextEmbedding prompt(int64_t width, at::Device device) {
  Tensor mask = at::ones({1, 5}, at::kLong);
  mask[0][4] = 0;
  return {draw({1, 5, width}, 9).to(device), mask.to(device)};
}

transformer::wan::Config small_wan(bool animates) {
  transformer::wan::Config c;
  c.out_channels = 4, c.in_channels = animates ? 12 : 4;
  c.heads = 2, c.head_width = 12, c.feed_forward = 20, c.layers = 2, c.text_width = 6, c.frequency_embedding_size = 8;
  if (animates) c.image_width = 5, c.image_positions = 7;
  return c;
}

TEST(Networks, WanDenoisers) {
  for (bool animates : {false, true})
    expect_the_same_everywhere<transformer::wan::Denoiser>(small_wan(animates), [&](const auto& denoiser, at::Device device) -> Tensors {
      transformer::Conditioning conditioning{prompt(6, device)};
      if (animates) conditioning.image = draw({1, 7, 5}, 4).to(device), conditioning.concat_latents = draw({1, 8, 2, 4, 6}, 5).to(device);
      return {denoiser.predict_once(draw({1, 4, 2, 4, 6}, 2).to(device), two_timesteps(500, 12, device), conditioning)};
    });
}

TEST(Networks, NativeDenoiser) {
  transformer::native::Config config = tiny_denoiser();
  config.actions = 3, config.guidance_embedding = true;
  expect_the_same_everywhere<transformer::native::Denoiser>(config, [](const auto& denoiser, at::Device device) -> Tensors {
    transformer::Conditioning told{prompt(16, device)}, prompted = told;
    told.guidance = at::full({1}, 3., at::TensorOptions(device).dtype(at::kFloat));
    told.action = at::tensor({2, 1}, at::kLong).unsqueeze(0).to(device);
    Tensor latents = draw({1, 4, 2, 4, 6}, 2).to(device);
    transformer::TokenLayout layout = denoiser.layout(2, 4, 6);
    layout.attends = transformer::Attends::past, layout.window = 3;
    std::unique_ptr<transformer::RunContext> stream = denoiser.begin(told, layout);
    for (int i = 0; i < 2; ++i) denoiser.append(latents, two_timesteps(.1, 12, device), *stream);
    return {denoiser.predict_once(latents, two_timesteps(.5, 12, device), prompted),
            denoiser.predict_once(latents, two_timesteps(.5, 12, device), told),
            denoiser.predict(latents, two_timesteps(.5, 12, device), *stream)};
  });
}

TEST(Networks, DitDenoiser) {
  transformer::dit::Config config;
  config.heads = 2, config.head_width = 8, config.layers = 2, config.side = 8, config.classes = 10;
  expect_the_same_everywhere<transformer::dit::Denoiser>(config, [](const auto& denoiser, at::Device device) -> Tensors {
    return {denoiser.predict_once(draw({2, 4, 1, 6, 8}, 2).to(device), transformer::TokenTimesteps::uniform(at::full({2}, 300.)),
                                  {.text = {}, .label = at::tensor({3, 10}, at::kLong).to(device)})};
  });
}

/// Frames and latents that lie on the CPU: an autoencoder fetches them as it needs them.
template <class Autoencoder>
Tensors through(const Autoencoder& autoencoder) {
  const autoencoder::Geometry g = autoencoder.geometry();
  Tensor latents = autoencoder.encode(draw({1, 3, 5, 2 * g.space, 3 * g.space}, 2).clamp(-1, 1));
  return {latents, autoencoder.decode(draw({1, g.channels, g.latent_frames(5), 2, 3}, 4))};
}

TEST(Networks, WanAutoencoders) {
  for (bool second_version : {false, true}) {
    autoencoder::wan::Config c;
    c.encoder_width = c.decoder_width = 4, c.latent_channels = 3, c.blocks = 1;
    c.latents_mean = {.1, -.2, .3}, c.latents_std = {1, 2, .5};
    if (second_version) c.is_residual = true, c.patch = 2;
    c.set_compression();
    expect_the_same_everywhere<autoencoder::wan::Autoencoder>(c, [](const auto& a, at::Device) -> Tensors {
      Tensors results = through(a), bands;
      base::Observer silent;
      a.decode_in_bands(draw({1, 3, 2, 2, 5}, 6), 2, silent, [&](const Tensor& frames) { bands.push_back(frames); });
      results.push_back(at::cat(bands, 2));
      return results;
    });
  }
}

TEST(Networks, NativeAutoencoder) {
  autoencoder::native::Config config = narrow_config(4);
  config.latents_mean = {.1, 0, .2, .3}, config.latents_scale = {1, 2, .5, 1};
  expect_the_same_everywhere<autoencoder::native::Autoencoder>(config, [](const auto& a, at::Device device) -> Tensors {
    Tensors results = through(a);
    results.push_back(a.encode_batch(draw({2, 3, 5, 16, 24}, 2).to(device)));
    results.push_back(a.decode_batch(results.back()));
    return results;
  });
}

TEST(Networks, StableDiffusionsAutoencoder) {
  autoencoder::sd::Config config;
  config.widths = {4, 8, 8}, config.groups = 2;
  expect_the_same_everywhere<autoencoder::sd::Autoencoder>(config, [](const auto& a, at::Device) { return through(a); });
}

TEST(Networks, TextEncoders) {
  for (bool per_layer : {false, true}) {
    text::T5Config config = tiny_text();
    config.per_layer_bias = per_layer;
    expect_the_same_everywhere<text::T5Encoder>(config, [](const auto& encoder, at::Device device) -> Tensors {
      Tensor ids = at::arange(1, 9, at::kLong).unsqueeze(0).to(device);
      return {encoder(ids, at::ones_like(ids))};
    });
  }
}

TEST(Networks, ImageEncoders) {
  vision::EncoderSizes sizes{.width = 8, .heads = 2, .feed_forward = 12, .epsilon = 1e-5, .activation = vision::Activation::gelu};
  Tensor pixels = draw({1, 3, 8, 8}, 2);
  vision::VitConfig vit{.encoder = sizes, .layers = 2, .image = 8, .patch = 4, .labels = {"cat", "dog"}};
  expect_the_same_everywhere<vision::Vit>(vit, [&](const auto& encoder, at::Device) -> Tensors { return {encoder(pixels)}; });
  vision::ClipConfig clip{.encoder = sizes, .layers = 2, .image = 8, .patch = 4};
  expect_the_same_everywhere<vision::ClipImageEncoder>(clip, [&](const auto& encoder, at::Device) -> Tensors { return {encoder(pixels)}; });
}

TEST(Networks, LayersOfFp8Files) {
  TemporaryFolder folder;
  tensor::write_safetensors(
      folder / "x.safetensors",
      {{"l.weight", draw({6, 4}, 1).to(at::kFloat8_e4m3fn)}, {"l.weight_scale", at::full({1}, .5)}, {"l.bias", draw({6}, 2)}});
  auto run = [&](at::Device device) {
    tensor::Checkpoint checkpoint(folder / "x.safetensors", {device, at::kFloat});
    return nn::Linear(tensor::Weights(checkpoint, "l"), 4, 6)(draw({3, 4}, 3).to(device)).cpu();
  };
  for (at::Device device : devices()) EXPECT_TRUE(at::allclose(run(device), run(at::kCPU))) << device;
}

TEST(Networks, LayersOfGgufFiles) {
  TemporaryFolder folder;
  Tensor weight = draw({6, 64}, 1);
  tensor::write_gguf(folder / "x.gguf",
                     {{"l.weight", {{6, 64}, at::kFloat, tensor::find_block_type("q8_0"), [&] { return weight; }}},
                      {"l.bias", {{6}, at::kFloat, nullptr, [] { return draw({6}, 2); }}}},
                     {});
  auto run = [&](at::Device device) {
    tensor::Checkpoint checkpoint(folder / "x.gguf", {device, at::kFloat});
    return nn::Linear(tensor::Weights(checkpoint, "l"), 64, 6)(draw({3, 64}, 3).to(device)).cpu();
  };
  for (at::Device device : devices()) EXPECT_TRUE(at::allclose(run(device), run(at::kCPU), 1e-5, 1e-6)) << device;
}

TEST(Networks, Recogniser) {
  expect_the_same_everywhere<vision::Recogniser>(vision::test::tiny_config(), [](const auto& recogniser, at::Device) -> Tensors {
    vision::FramePredictions frames = recogniser.classify_frames(draw({3, 96, 96, 3}, 2).sigmoid());
    vision::MotionPrediction motion = recogniser.classify_motion(frames);
    for (const Tensor& t : {frames.object, frames.mask, frames.features, motion.motion}) EXPECT_TRUE(t.is_cpu());
    return {frames.object, frames.colour, frames.scene, frames.mask, frames.rotation, motion.motion, motion.direction};
  });
}

}  // namespace
}  // namespace zoetrope::test
