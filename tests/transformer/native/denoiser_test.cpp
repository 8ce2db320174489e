#include "zoetrope/transformer/native/denoiser.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/random_weights.h"
#include "zoetrope/base/error.h"
#include "zoetrope/transformer/layers.h"

namespace zoetrope::transformer::native {
namespace {

Config small_native() {
  return {
      .latent_channels = 4, .patch = 2, .width = 32, .depth = 2, .heads = 2, .feed_forward = 48, .modulation_rank = 8, .text_width = 16};
}

Conditioning prompts(int64_t batch, int64_t length) { return {{draw({batch, length, 16}, 9), at::ones({batch, length}, at::kLong)}}; }

TEST(Patches, ComeBackBitForBit) {
  Tensor latents = draw({2, 4, 3, 6, 8}, 1);
  Tensor tokens = patchify(latents, 2);
  EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{2, 36, 16}));
  EXPECT_TRUE(unpatchify(tokens, 3, 3, 4, 2).equal(latents));
}

TEST(Denoiser, PredictsZeroAtInitialisation) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, Denoiser::init);
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor v = model.predict_once(draw({2, 4, 3, 4, 6}, 2), TokenTimesteps::uniform(at::tensor({0.3, 0.9})), prompts(2, 5));
  EXPECT_EQ(v.sizes(), (std::vector<int64_t>{2, 4, 3, 4, 6}));
  EXPECT_EQ(v.abs().max().item<double>(), 0);
}

TEST(Block, IsTheIdentityInItsGatedPathsAtInitialisation) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, Denoiser::init);
  Block block(tensor::Weights(weights) / "blocks" / 0, small_native());
  TokenTimesteps timesteps = TokenTimesteps::uniform(at::full({1}, 0.5));
  Tensor x = draw({1, 6, 32}, 3);
  nn::RotaryEmbedding rotary = nn::rotary_embedding({4, 2, 2}, nn::grid_positions(1, 2, 3));
  Tensor text_bias = at::zeros({1, 1, 1, 5});
  BlockInputs inputs{at::kFloat, draw({1, 1, 32}, 4), timesteps, rotary, text_bias};
  EXPECT_TRUE(block(x, inputs, block.cross_attention.keys_values(draw({1, 5, 16}, 6))).equal(x));
}

TEST(Denoiser, ManyLevelsThatAreEqualAreOneLevel) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({2, 4, 3, 4, 4}, 2);
  Tensor one = model.predict_once(latents, TokenTimesteps::uniform(at::tensor({0.3, 0.9})), prompts(2, 5));
  TokenTimesteps two{at::tensor({0.3, 0.3, 0.9, 0.9}).view({2, 2}).to(at::kFloat), at::randint(2, {2, 12}, at::kLong)};
  EXPECT_TRUE(at::allclose(one, model.predict_once(latents, two, prompts(2, 5)), 1e-4, 1e-5));
}

TEST(Denoiser, ATokensOwnLevelCounts) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({1, 4, 2, 4, 4}, 2), index = at::zeros({1, 8}, at::kLong);
  TokenTimesteps timesteps{at::tensor({0.0, 0.9}).view({1, 2}).to(at::kFloat), index};
  Tensor before = model.predict_once(latents, timesteps, prompts(1, 3));
  timesteps.index.narrow(1, 7, 1).fill_(1);
  EXPECT_GT((model.predict_once(latents, timesteps, prompts(1, 3)) - before).abs().max().item<double>(), 1e-3);
}

TEST(Denoiser, PaddingOfThePromptChangesNothing) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({1, 4, 1, 4, 4}, 2);
  Conditioning text = prompts(1, 5),
               padded{{at::cat({text.text.states, draw({1, 3, 16}, 8)}, 1), at::tensor({1, 1, 1, 1, 1, 0, 0, 0}, at::kLong).view({1, 8})}};
  TokenTimesteps level = TokenTimesteps::uniform(at::full({1}, 0.5));
  EXPECT_TRUE(at::allclose(model.predict_once(latents, level, text), model.predict_once(latents, level, padded), 1e-4, 1e-5));
}

TEST(Denoiser, TakesAnyGrid) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  for (auto [t, h, w] : {std::tuple{1, 2, 2}, {5, 2, 8}, {2, 14, 4}})
    EXPECT_EQ(model.predict_once(draw({1, 4, t, h, w}, 2), TokenTimesteps::uniform(at::full({1}, 0.5)), prompts(1, 2)).sizes(),
              (std::vector<int64_t>{1, 4, t, h, w}));
  EXPECT_THROW(model.predict_once(draw({1, 4, 1, 3, 4}, 2), TokenTimesteps::uniform(at::full({1}, 0.5)), prompts(1, 2)), base::Error);
}

TEST(Denoiser, GradientsReachEveryParameter) {
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  model.predict_once(draw({1, 4, 2, 4, 4}, 2), TokenTimesteps::uniform(at::full({1}, 0.5)), prompts(1, 3)).square().mean().backward();
  for (const auto& [name, parameter] : weights.parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0) << name;
  }
}

TEST(Config, SurvivesJson) { EXPECT_EQ(Config::from_json(small_native().to_json()).to_json(), small_native().to_json()); }

TEST(Config, RefusesSizesOfWhichNoNetworkCanBeMade) {
  EXPECT_NO_THROW(Config().check());
  for (auto [width, heads, patch] :
       std::vector<std::array<int64_t, 3>>{{32, 3, 2}, {32, 32, 2}, {33, 1, 2}, {32, 0, 2}, {32, 2, 0}, {-32, 2, 2}}) {
    Config config;
    config.width = width, config.heads = heads, config.patch = patch;
    EXPECT_THROW(config.check(), base::UsageError) << width << " " << heads << " " << patch;
    EXPECT_THROW(Config::from_json(config.to_json()), base::UsageError);
  }
}

}  // namespace
}  // namespace zoetrope::transformer::native
