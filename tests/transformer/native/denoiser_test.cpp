#include "zoetrope/transformer/native/denoiser.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
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
  Tensor x = draw({1, 6, 32}, 3);
  nn::RotaryEmbedding rotary = nn::rotary_embedding({4, 2, 2}, nn::grid_positions(1, 2, 3));
  Tensor text_bias = at::zeros({1, 1, 1, 5});
  BlockInputs inputs{at::kFloat, draw({1, 1, 32}, 4), {}, rotary, {}, text_bias};
  EXPECT_TRUE(block(x, inputs, {block.cross_attention.keys_values(draw({1, 5, 16}, 6))}).x.equal(x));
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

Config interactive_native() {
  Config config = small_native();
  config.actions = 5, config.guidance_embedding = true;
  return config;
}

TEST(Denoiser, ToldNoActionAndNoGuidanceIsTheNetworkWithoutThem) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser without(tensor::Weights(weights), small_native()), with(tensor::Weights(weights), interactive_native());
  Tensor latents = draw({2, 4, 3, 4, 4}, 2);
  TokenTimesteps two{at::tensor({0.0, 0.3, 0.0, 0.9}).view({2, 2}).to(at::kFloat), at::arange(24).remainder(2).view({2, 12})};
  Conditioning told = prompts(2, 5);
  Tensor v = without.predict_once(latents, two, told);
  EXPECT_TRUE(v.equal(with.predict_once(latents, two, told)));
  told.action = at::zeros({2, 3}, at::kLong);
  EXPECT_TRUE(at::allclose(with.predict_once(latents, two, told), v, 1e-5, 1e-6)) << "action 0 is nothing";
}

TEST(Denoiser, GetsActionsAndGuidanceThatChangeNothingAtFirst) {
  at::NoGradGuard no_grad;
  auto trained = random_weights(5, {0.3, 0.5});
  Denoiser before(tensor::Weights(trained), small_native());
  tensor::TensorMap checkpoint(trained.parameters());
  tensor::TrainableWeights weights(1, Denoiser::init, &checkpoint);
  Denoiser after(tensor::Weights(weights), interactive_native());
  Tensor latents = draw({1, 4, 3, 4, 4}, 2);
  TokenTimesteps level = TokenTimesteps::uniform(at::full({1}, 0.5));
  Tensor v = before.predict_once(latents, level, prompts(1, 5));
  Conditioning told = prompts(1, 5);
  told.guidance = at::full({1}, 3.0), told.action = at::tensor({0, 4, 2}, at::kLong).unsqueeze(0);
  EXPECT_TRUE(at::allclose(after.predict_once(latents, level, told), v, 1e-4, 1e-5));
}

TEST(Denoiser, ActionsAndGuidanceCount) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), interactive_native());
  Tensor latents = draw({1, 4, 3, 4, 4}, 2);
  TokenTimesteps two{at::tensor({0.0, 0.7}).view({1, 2}).to(at::kFloat), at::arange(12).remainder(2).view({1, 12})};
  auto predict = [&](const Tensor& guidance, const Tensor& action) {
    Conditioning told = prompts(1, 5);
    told.guidance = guidance, told.action = action;
    return model.predict_once(latents, two, told);
  };
  auto actions = [](int64_t first, int64_t last) { return at::tensor({first, int64_t{0}, last}, at::kLong).unsqueeze(0); };
  auto difference = [](const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); };
  Tensor v = predict({}, actions(1, 2));
  EXPECT_GT(difference(v, predict({}, actions(1, 3))), 1e-3);
  EXPECT_GT(difference(v, predict({}, actions(2, 1))), 1e-3) << "each belongs to its latent frame";
  EXPECT_GT(difference(v, predict(at::full({1}, 3.0), actions(1, 2))), 1e-3);
  EXPECT_GT(difference(predict(at::full({1}, 6.0), actions(1, 2)), predict(at::full({1}, 3.0), actions(1, 2))), 1e-3);
}

TEST(Denoiser, EachClipHasItsActionsAndGuidance) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), interactive_native());
  Tensor latents = draw({2, 4, 3, 4, 4}, 2), levels = at::tensor({0.3, 0.9});
  Conditioning both = prompts(2, 5);
  both.guidance = at::tensor({1.f, 4.f}), both.action = at::tensor({1, 0, 2, 0, 3, 4}, at::kLong).view({2, 3});
  Tensor v = model.predict_once(latents, TokenTimesteps::uniform(levels), both);
  for (int64_t i = 0; i < 2; ++i) {
    Tensor alone = model.predict_once(latents.narrow(0, i, 1), TokenTimesteps::uniform(levels.narrow(0, i, 1)), both.row(i));
    EXPECT_TRUE(at::allclose(v[i], alone[0], 1e-4, 1e-5));
  }
}

TEST(Denoiser, RefusesConditioningThatItDoesNotRead) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5);
  Denoiser without(tensor::Weights(weights), small_native()), with(tensor::Weights(weights), interactive_native());
  auto complaint_of = [](const Denoiser& model, const Tensor& guidance, const Tensor& action) {
    Conditioning told = prompts(1, 2);
    told.guidance = guidance, told.action = action;
    return complaint([&] { model.predict_once(draw({1, 4, 3, 4, 4}), TokenTimesteps::uniform(at::full({1}, 0.5)), told); });
  };
  EXPECT_EQ(complaint_of(without, at::full({1}, 2.0), {}),
            "this model cannot be told a guidance scale: it is trained without a guidance embedding");
  EXPECT_EQ(complaint_of(without, {}, at::zeros({1, 3}, at::kLong)), "this model takes no actions: it is trained without them");
  EXPECT_EQ(complaint_of(with, {}, at::zeros({1, 2}, at::kLong)),
            "actions are given for each latent frame of each clip, so as [1,3]; got [1,2]");
  EXPECT_EQ(complaint_of(with, {}, at::full({1, 3}, 5, at::kLong)), "the actions of this model are 0 to 4, got one of 5");
  EXPECT_EQ(complaint_of(with, {}, at::full({1, 3}, -1, at::kLong)), "the actions of this model are 0 to 4, got one of -1");
}

/// One evaluation in which tokens see their past; every latent frame has a sigma of its own.
Tensor predict_causal(const Denoiser& model, const Tensor& latents, const Tensor& sigmas, const Conditioning& told,
                      std::optional<int64_t> window = {}) {
  TokenLayout layout = model.layout(latents.size(2), latents.size(3), latents.size(4));
  layout.attends = Attends::past, layout.window = window;
  Tensor frame = at::arange(layout.grid.t).repeat_interleave(layout.grid.h * layout.grid.w).expand({latents.size(0), -1});
  std::unique_ptr<RunContext> run = model.begin(told, layout);
  return model.predict(latents, {sigmas, frame}, *run);
}

/// The latent frames of `a` that differ from those of `b`, as a word: "..x" for the last of three.
std::string changed_frames(const Tensor& a, const Tensor& b) {
  std::string word;
  for (int64_t i = 0; i < a.size(2); ++i) word += at::allclose(a.select(2, i), b.select(2, i), 1e-5, 1e-6) ? '.' : 'x';
  return word;
}

TEST(Denoiser, OfThePastSeesNothingThatComesLater) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({1, 4, 5, 4, 4}, 2), sigmas = at::tensor({.1, .9, .5, .2, .7}).to(at::kFloat).unsqueeze(0);
  for (auto [changed, window, expected] : std::vector<std::tuple<int64_t, std::optional<int64_t>, std::string>>{
           {0, {}, "xxxxx"}, {2, {}, "..xxx"}, {4, {}, "....x"}, {0, 1, "xxxxx"}, {1, 1, ".x..."}, {1, 2, ".xx.."}, {2, 2, "..xx."}}) {
    Tensor other = latents.clone();
    other.select(2, changed).add_(1);
    // A frame that changes is seen directly in each block; the first one is always seen, as the anchor.
    Config one_block = small_native();
    one_block.depth = 1;
    Denoiser shallow(tensor::Weights(weights), one_block);
    EXPECT_EQ(changed_frames(predict_causal(shallow, latents, sigmas, prompts(1, 3), window),
                             predict_causal(shallow, other, sigmas, prompts(1, 3), window)),
              expected);
    std::string deep = changed_frames(predict_causal(model, latents, sigmas, prompts(1, 3), window),
                                      predict_causal(model, other, sigmas, prompts(1, 3), window));
    EXPECT_EQ(deep.substr(0, changed), std::string(changed, '.')) << "through any number of blocks";
  }
}

TEST(Denoiser, OfThePastIsOfAllWithOneFrameAndInTheLastOfItsWindow) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({1, 4, 1, 4, 4}, 2), sigma = at::full({1, 1}, .4);
  Tensor all = model.predict_once(latents, TokenTimesteps::uniform(sigma[0]), prompts(1, 3));
  EXPECT_TRUE(predict_causal(model, latents, sigma, prompts(1, 3)).equal(all));
  latents = draw({1, 4, 3, 4, 4}, 2), sigma = at::full({1, 3}, .4);
  Tensor past = predict_causal(model, latents, sigma, prompts(1, 3));
  EXPECT_TRUE(predict_causal(model, latents, sigma, prompts(1, 3), 3).equal(past)) << "a window as long as the clip is none";
}

TEST(Denoiser, GradientsReachEveryParameterThroughThePast) {
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), interactive_native());
  Conditioning told = prompts(1, 3);
  told.guidance = at::full({1}, 3.0), told.action = at::tensor({0, 4, 1}, at::kLong).unsqueeze(0);
  predict_causal(model, draw({1, 4, 3, 4, 4}, 2), at::tensor({.1, .9, .5}).to(at::kFloat).unsqueeze(0), told).square().mean().backward();
  for (const auto& [name, parameter] : weights.parameters()) EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0) << name;
}

struct StreamTest : testing::Test {
  StreamTest() : weights(random_weights(5, {0.3, 0.5})), model(tensor::Weights(weights), interactive_native()) {
    told.guidance = at::tensor({1.f, 3.f}), told.action = at::arange(14).remainder(5).view({2, 7});
  }
  /// A stream of two clips, `at_once` latent frames at a time.
  std::unique_ptr<RunContext> begin(int64_t at_once, std::optional<int64_t> window) const {
    TokenLayout layout = model.layout(at_once, 4, 4);
    layout.attends = Attends::past, layout.window = window;
    Conditioning first = told;
    first.action = Tensor();
    return model.begin(first, layout);
  }
  static TokenTimesteps level(double sigma) { return TokenTimesteps::uniform(at::full({2}, sigma)); }

  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights;
  Denoiser model;
  Conditioning told = prompts(2, 3);
  Tensor latents = draw({2, 4, 7, 4, 4}, 2);
  const double past_sigma = .1;
};

TEST_F(StreamTest, FrameByFrameIsOneEvaluationOfAllFrames) {
  for (int64_t at_once : {1, 2})
    for (std::optional<int64_t> window : {std::optional<int64_t>(), {1}, {2}, {3}, {9}}) {
      std::unique_ptr<RunContext> stream = begin(at_once, window);
      for (int64_t i = 0; i + at_once <= 7; i += at_once) {
        Tensor next = latents.narrow(2, i, at_once), noisy = next + draw(next.sizes(), 7);
        model.set_action(told.action.narrow(1, i, at_once), *stream);
        Tensor v = model.predict(noisy, level(.8), *stream);
        EXPECT_TRUE(model.predict(noisy, level(.8), *stream).equal(v)) << "an evaluation changes nothing";

        Tensor sigmas = at::full({2, i + at_once}, past_sigma);
        sigmas.narrow(1, i, at_once).fill_(.8);
        Conditioning until = told;
        until.action = told.action.narrow(1, 0, i + at_once);
        Tensor whole = predict_causal(model, at::cat({latents.narrow(2, 0, i), noisy}, 2), sigmas, until, window);
        EXPECT_LT((whole.narrow(2, i, at_once) - v).abs().max().item<double>(), 1e-5 * whole.abs().max().item<double>())
            << "frame " << i << ", " << at_once << " at once, window " << window.value_or(0);
        model.append(next, level(past_sigma), *stream);
      }
    }
}

TEST_F(StreamTest, HoldsNoMoreThanItsWindow) {
  std::unique_ptr<RunContext> stream = begin(1, 3);
  const auto& run = dynamic_cast<const native::Run&>(*stream);
  for (int64_t i = 0; i < 7; ++i) {
    model.append(latents.narrow(2, i, 1), level(past_sigma), *stream);
    for (const BlockState& block : run.blocks) {
      EXPECT_EQ(block.past.keys.size(2), 4 * std::min<int64_t>(i + 1, 3)) << "the anchor and the two frames before the next one";
      EXPECT_EQ(block.past.values.sizes(), block.past.keys.sizes());
      EXPECT_EQ(block.past.keys.storage().nbytes(), static_cast<size_t>(block.past.keys.numel() * 4)) << "a view would hold more";
    }
  }
}

TEST_F(StreamTest, ChangesItsPromptOnTheWay) {
  std::unique_ptr<RunContext> stream = begin(1, {}), other = begin(1, {});
  Conditioning changed = told;
  changed.text.states = draw({2, 8, 16}, 3), changed.text.mask = at::ones({2, 8}, at::kLong), changed.action = Tensor();
  for (const auto& run : {stream.get(), other.get()}) model.append(latents.narrow(2, 0, 1), level(past_sigma), *run);
  Tensor next = latents.narrow(2, 1, 1), before = model.predict(next, level(.5), *stream);
  model.set_conditioning(changed, *stream);
  EXPECT_GT((model.predict(next, level(.5), *stream) - before).abs().max().item<double>(), 1e-3);
  changed.text = told.text;
  model.set_conditioning(changed, *stream);
  EXPECT_TRUE(model.predict(next, level(.5), *stream).equal(before)) << "the past stays";
}

TEST_F(StreamTest, RefusesFramesWhereTokensSeeAll) {
  Conditioning all = told;
  all.action = Tensor();
  std::unique_ptr<RunContext> run = model.begin(all, model.layout(1, 4, 4));
  EXPECT_EQ(complaint([&] { model.append(latents.narrow(2, 0, 1), level(past_sigma), *run); }),
            "frames can be appended to a run whose tokens see their past, and in this one they see all");
}

TEST(Denoiser, RefusesAWindowWithoutAPast) {
  auto weights = random_weights(5);
  Denoiser model(tensor::Weights(weights), small_native());
  TokenLayout layout = model.layout(3, 4, 4);
  layout.window = 2;
  EXPECT_EQ(complaint([&] { model.begin(prompts(1, 2), layout); }),
            "a window of 2 latent frames is for tokens that only see their past; omit it");
  layout.attends = Attends::past, layout.window = 0;
  EXPECT_EQ(complaint([&] { model.begin(prompts(1, 2), layout); }), "a window of attention must have 1 latent frame or more, got 0");
}

TEST(Denoiser, AWindowMayStandAnywhereInTime) {
  at::NoGradGuard no_grad;
  auto weights = random_weights(5, {0.3, 0.5});
  Denoiser model(tensor::Weights(weights), small_native());
  Tensor latents = draw({1, 4, 3, 4, 4}, 2);
  TokenTimesteps level = TokenTimesteps::uniform(at::full({1}, 0.5));
  for (Attends attends : {Attends::all, Attends::past}) {
    TokenLayout here = model.layout(3, 4, 4), later = here;
    here.attends = later.attends = attends;
    later.positions = here.positions + at::tensor({150, 0, 0}).to(at::kDouble);
    EXPECT_TRUE(at::allclose(model.predict(latents, level, *model.begin(prompts(1, 3), here)),
                             model.predict(latents, level, *model.begin(prompts(1, 3), later)), 1e-4, 1e-5));
  }
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
  Denoiser model(tensor::Weights(weights), interactive_native());
  Conditioning told = prompts(1, 3);
  told.guidance = at::full({1}, 3.0), told.action = at::tensor({0, 4}, at::kLong).unsqueeze(0);
  model.predict_once(draw({1, 4, 2, 4, 4}, 2), TokenTimesteps::uniform(at::full({1}, 0.5)), told).square().mean().backward();
  for (const auto& [name, parameter] : weights.parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0) << name;
  }
}

TEST(Config, SurvivesJson) {
  for (const Config& config : {small_native(), interactive_native()})
    EXPECT_EQ(Config::from_json(config.to_json()).to_json(), config.to_json());
  EXPECT_EQ(Config::from_json(interactive_native().to_json()).actions, 5);
  EXPECT_FALSE(small_native().to_json().contains("actions")) << "what a network does not have does not stand in its file";
}

TEST(Config, RefusesSizesOfWhichNoNetworkCanBeMade) {
  EXPECT_NO_THROW(Config().check());
  for (auto [width, heads, patch] :
       std::vector<std::array<int64_t, 3>>{{32, 3, 2}, {32, 32, 2}, {33, 1, 2}, {32, 0, 2}, {32, 2, 0}, {-32, 2, 2}}) {
    Config config;
    config.width = width, config.heads = heads, config.patch = patch;
    EXPECT_THROW(config.check(), base::UsageError) << width << " " << heads << " " << patch;
    EXPECT_THROW(Config::from_json(config.to_json()), base::UsageError);
  }
  Config only_none;
  only_none.actions = 1;
  EXPECT_THROW(only_none.check(), base::UsageError);
}

}  // namespace
}  // namespace zoetrope::transformer::native
