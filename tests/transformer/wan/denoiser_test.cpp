#include "zoetrope/transformer/wan/denoiser.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/transformer/wan/keys.h"

namespace zoetrope::transformer::wan {
namespace {

Config small_wan() {
  Config c;
  c.in_channels = c.out_channels = 4;
  c.heads = 2, c.head_width = 12;
  c.feed_forward = 20, c.layers = 2, c.text_width = 6, c.frequency_embedding_size = 8;
  return c;
}

Conditioning prompt(int64_t length) { return {{draw({1, length, 6}, 9), at::ones({1, length}, at::kLong)}}; }

Denoiser denoiser(uint64_t seed, const Config& config = small_wan()) {
  tensor::TrainableWeights weights(seed, tensor::lecun_normal);
  return Denoiser(tensor::Weights(weights), config);
}

TEST(Denoiser, ManyLevelsThatAreEqualAreOneLevel) {
  at::NoGradGuard no_grad;
  Denoiser model = denoiser(1);
  Tensor latents = draw({1, 4, 3, 4, 6}, 2);
  Tensor one = model.predict_once(latents, TokenTimesteps::uniform(at::full({1}, 500.0)), prompt(3));
  TokenTimesteps many{at::full({1, 2}, 500.0), at::arange(18).remainder(2).unsqueeze(0)};
  EXPECT_EQ(one.sizes(), latents.sizes());
  EXPECT_TRUE(at::allclose(model.predict_once(latents, many, prompt(3)), one, 1e-4, 1e-5));
}

TEST(Denoiser, ReadsNoPaddingOfAPrompt) {
  at::NoGradGuard no_grad;
  Denoiser model = denoiser(1);
  Tensor latents = draw({1, 4, 1, 4, 4}, 2);
  auto timesteps = TokenTimesteps::uniform(at::full({1}, 500.0));
  Conditioning padded = prompt(5);
  padded.text.mask.narrow(1, 3, 2).zero_();
  Conditioning trimmed{{padded.text.states.narrow(1, 0, 3), at::ones({1, 3}, at::kLong)}};
  padded.text.states.narrow(1, 3, 2).fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(model.predict_once(latents, timesteps, padded).equal(model.predict_once(latents, timesteps, trimmed)));
}

TEST(Denoiser, CannotStream) {
  Denoiser model = denoiser(1);
  TokenLayout layout = model.layout(2, 4, 4);
  layout.attends = Attends::past;
  EXPECT_THROW(model.begin(prompt(3), layout), base::UsageError);
}

TEST(Denoiser, CanBeStoppedBetweenTwoBlocks) {
  struct StopsAtSecondCall : base::Observer {
    bool cancelled() const override { return ++calls > 1; }
    mutable int calls = 0;
  };
  at::NoGradGuard no_grad;
  Denoiser model = denoiser(1);
  StopsAtSecondCall observer;
  auto run = model.begin(prompt(3), model.layout(1, 4, 4));
  run->observer = &observer;
  EXPECT_THROW(model.predict(draw({1, 4, 1, 4, 4}, 2), TokenTimesteps::uniform(at::full({1}, 500.0)), *run), base::Cancelled);
  EXPECT_EQ(observer.calls, 2);
}

TEST(Denoiser, SaysWhatItCannotTake) {
  at::NoGradGuard no_grad;
  Denoiser model = denoiser(1);
  auto timesteps = TokenTimesteps::uniform(at::full({1}, 500.0));
  auto refusal = [&](const Tensor& latents, int64_t length) {
    return complaint([&] { model.predict_once(latents, timesteps, prompt(length)); });
  };
  EXPECT_THAT(refusal(draw({1, 4, 1, 4, 4}, 2), 513), testing::HasSubstr("513 tokens, a Wan model reads at most 512"));
  EXPECT_THAT(refusal(draw({1, 4, 1, 5, 4}, 2), 3), testing::HasSubstr("latents of 4x5"));
  EXPECT_THAT(refusal(draw({1, 6, 1, 4, 4}, 2), 3), testing::HasSubstr("latents of 4 channels, got 6"));
  Config with_picture = small_wan();
  with_picture.image_width = 5;
  EXPECT_THAT(complaint([&] {
                denoiser(1, with_picture).predict_once(draw({1, 4, 1, 4, 4}, 2), timesteps, prompt(3));
              }),
              testing::HasSubstr("this model animates an image"));
}

TEST(Experts, SpeakAboveAndBelowTheBoundary) {
  at::NoGradGuard no_grad;
  Experts experts(denoiser(1), denoiser(2), 875);
  Tensor latents = draw({1, 4, 1, 4, 4}, 3);
  auto answer = [&](const transformer::Denoiser& model, double modulations) {
    return model.predict_once(latents, TokenTimesteps::uniform(at::full({1}, modulations)), prompt(2));
  };
  EXPECT_TRUE(answer(experts, 875).equal(answer(denoiser(1), 875)));
  EXPECT_TRUE(answer(experts, 874).equal(answer(denoiser(2), 874)));
}

TEST(Config, ComesBackFromItsJsonAndSaysWhatIsWrong) {
  Config config = small_wan();
  config.image_width = 5;
  config.image_positions = 14;
  EXPECT_EQ(Config::from_json(config.to_json()).to_json(), config.to_json());
  auto refusal = [&](const char* key, base::Json value) {
    base::Json json = small_wan().to_json();
    json[key] = std::move(value);
    return complaint([&] { Config::from_json(json); });
  };
  EXPECT_THAT(refusal("_class_name", "FluxTransformer2DModel"), testing::HasSubstr("'FluxTransformer2DModel'"));
  EXPECT_THAT(refusal("patch_size", {2, 2, 2}), testing::HasSubstr("[2,2,2]"));
  EXPECT_THAT(refusal("qk_norm", "layer_norm"), testing::HasSubstr("\"layer_norm\""));
  EXPECT_THAT(refusal("num_layers", 0), testing::HasSubstr("'num_layers'"));
  EXPECT_THAT(refusal("attention_head_dim", 13), testing::HasSubstr("must be even, got 13"));
}

TEST(WanKeys, TranslateEveryParameterThereAndBack) {
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Config config = small_wan();
  config.image_width = 5;
  config.image_positions = 14;
  Denoiser model(tensor::Weights(weights), config);
  std::set<std::string> originals;
  for (const auto& [name, value] : weights.parameters()) {
    auto original = keys().to_original(name);
    ASSERT_TRUE(original) << name;
    EXPECT_EQ(keys().to_canonical(*original), name);
    originals.insert(*original);
  }
  EXPECT_EQ(originals.size(), weights.parameters().size());
  EXPECT_TRUE(originals.contains("blocks.1.cross_attn.norm_k_img.weight"));
}

}  // namespace
}  // namespace zoetrope::transformer::wan
