#include "zoetrope/autoencoder/wan.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::autoencoder {
namespace {

WanConfig small(bool second_version) {
  WanConfig c;
  c.encoder_width = c.decoder_width = 4;
  c.latent_channels = 3;
  c.blocks = 1;
  c.latents_mean = {0.1, -0.2, 0.3};
  c.latents_std = {1, 2, 0.5};
  if (second_version) c.shortcuts = true, c.patch = 2;
  c.set_compression();
  return c;
}

tensor::Start busy(const std::string&, at::IntArrayRef shape) {
  return shape.size() == 1 ? tensor::Start{0.2, 0.5} : tensor::lecun_start("weight", shape);
}

Tensor draw(at::IntArrayRef shape) {
  at::Generator generator = base::generator(3);
  return base::noise(shape, generator).clamp(-1, 1);
}

class WanAutoencoders : public testing::TestWithParam<bool> {};

TEST_P(WanAutoencoders, StreamAsTheyDoTheWholeWithMemoryThatDoesNotGrow) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, busy);
  WanAutoencoder model(tensor::Weights(weights), small(GetParam()));
  Geometry g = model.geometry();
  EXPECT_EQ(g.space, GetParam() ? 16 : 8);
  Tensor frames = draw({1, 3, 13, 2 * g.space, g.space}), latents = model.encode(frames);
  EXPECT_EQ(latents.sizes(), (std::vector<int64_t>{1, 3, 4, 2, 1}));

  Cache encoding, decoding;
  std::vector<Tensor> parts;
  std::vector<size_t> remembered;
  for (int64_t i = 0; i < 4; ++i) {
    Tensor next = i == 0 ? frames.narrow(2, 0, 1) : frames.narrow(2, 4 * i - 3, 4);
    EXPECT_TRUE(model.encode_next(next, encoding).equal(latents.narrow(2, i, 1)));
    parts.push_back(model.decode_next(latents.narrow(2, i, 1), decoding));
    EXPECT_EQ(parts.back().size(2), i == 0 ? 1 : 4);
    size_t bytes = 0;
    for (const Tensor& t : decoding.memory) bytes += t.defined() ? t.nbytes() : 0;
    remembered.push_back(bytes);
  }
  EXPECT_EQ(remembered[2], remembered[3]);
  EXPECT_TRUE(at::cat(parts, 2).equal(model.decode(latents)));
}

TEST_P(WanAutoencoders, NeedAsMuchMoreToDecodeAsThePictureIsLarger) {
  tensor::TrainableWeights weights(1, busy);
  WanAutoencoder model(tensor::Weights(weights), small(GetParam()));
  base::Effort one = model.decode_effort(1, 1), four = model.decode_effort(2, 2);
  EXPECT_EQ(four.bytes, 4 * one.bytes);
  EXPECT_GT(four.operations, 4 * one.operations) << "attention grows faster";
  EXPECT_LT(four.operations, 5 * one.operations);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, WanAutoencoders, testing::Bool());

TEST(WanAutoencoderConfig, SaysWhatIsWrong) {
  auto refusal = [](const char* key, base::Json value) -> std::string {
    base::Json json = small(false).to_json();
    json[key] = std::move(value);
    try {
      WanConfig::from_json(json);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("dropout", 0.0), "");
  EXPECT_THAT(refusal("_class_name", "AutoencoderKL"), testing::HasSubstr("'AutoencoderKL'"));
  EXPECT_THAT(refusal("base_dim", -1), testing::HasSubstr("'base_dim'"));
  EXPECT_THAT(refusal("latents_mean", {1.0}), testing::HasSubstr("1 values for 3 channels"));
  EXPECT_THAT(refusal("attn_scales", {0.5}), testing::HasSubstr("'attn_scales' must be empty"));
  EXPECT_THAT(refusal("temperal_downsample", {true}), testing::HasSubstr("needs 3 values of 'temperal_downsample', got 1"));
}

}  // namespace
}  // namespace zoetrope::autoencoder
