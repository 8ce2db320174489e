#include "zoetrope/generation/sample.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::generation {
namespace {

using transformer::Conditioning;
using transformer::Grid;
using transformer::TokenTimesteps;

/// A perfect model of independent normal data: what it is shown, sigma by sigma, and what it answers are known in closed form. A prompt
/// moves the mean of the data by its first state.
class PerfectDenoiser : public transformer::Denoiser {
 public:
  static constexpr double mean = 1, deviation = 0.5;

  struct Run : transformer::RunContext {
    explicit Run(Tensor text) : text(std::move(text)) {}
    Tensor text;  // [B,L,D]
  };
  std::unique_ptr<transformer::RunContext> begin(const Conditioning& conditioning, const transformer::TokenLayout&) const override {
    ++runs;
    return std::make_unique<Run>(conditioning.text.states);
  }
  Tensor predict(const Tensor& x, const TokenTimesteps& timesteps, transformer::RunContext& run) const override {
    const Tensor& text = dynamic_cast<Run&>(run).text;
    const int64_t tokens = x.numel() / x.size(0) / x.size(1) / 4;
    shown.push_back(
        {timesteps.index.defined() ? timesteps.values.gather(1, timesteps.index) : timesteps.values.expand({-1, tokens}), text});
    Tensor s = shown.back()
                   .timesteps.view({x.size(0), 1, x.size(2), x.size(3) / 2, x.size(4) / 2})
                   .repeat_interleave(2, 3)
                   .repeat_interleave(2, 4);
    Tensor m = mean + text.select(1, 0).select(1, 0).view({-1, 1, 1, 1, 1});
    Tensor signal = 1 - s, centred = (x - signal * m) / (signal.square() * deviation * deviation + s.square());
    return s * centred - (m + signal * deviation * deviation * centred);  // E[noise - x0 | x]
  }
  int64_t patch() const override { return 2; }
  base::Cost cost(const Grid&, int64_t) const override { return {}; }

  struct Shown {
    Tensor timesteps;  // [B,N]
    Tensor text;       // [B,L,D]
  };
  mutable std::vector<Shown> shown;
  mutable int runs = 0;  // that were begun
};

class Counting : public base::Observer {
 public:
  explicit Counting(int64_t stop_after = 1000) : stop_after_(stop_after) {}
  void progress(const std::string& stage, int64_t step, int64_t total) override {
    told.push_back(fmt::format("{} {}/{}", stage, step, total));
  }
  bool cancelled() const override { return std::ssize(told) >= stop_after_; }
  std::vector<std::string> told;

 private:
  int64_t stop_after_;
};

/// The wanted prompt moves the mean by `wanted`, the other one by `other`.
text::TextEmbedding prompts(double wanted = 0, double other = 0) {
  Tensor states = at::zeros({2, 1, 1});
  states[0].fill_(wanted);
  states[1].fill_(other);
  return {states, at::ones({2, 1}, at::kLong)};
}

struct Trial {
  PerfectDenoiser denoiser;
  Counting observer;
  DenoiseMask mask;

  explicit Trial(std::vector<int64_t> shape = {1, 4, 5, 8, 8})
      : mask(DenoiseMask::none(shape, denoiser.grid(shape[2], shape[3], shape[4]))) {}
  Tensor sample(const std::string& sampler, int64_t steps, text::TextEmbedding text = prompts(), diffusion::Guidance guidance = {},
                uint64_t seed = 1) {
    Conditioning both{text};
    return generation::sample(denoiser, {}, {{"conditional", both.row(0)}, {"unconditional", both.row(1)}}, mask,
                              draw(mask.latents.sizes(), seed),
                              {diffusion::sampler(sampler), diffusion::shifted_sigmas(steps, 1), guidance}, observer);
  }
};

class EverySampler : public testing::TestWithParam<std::string> {};
/// Those that follow the flow. `lcm` draws from the data of distilled models alone.
class EveryFlowSampler : public EverySampler {};

TEST_P(EveryFlowSampler, GivesTheMomentsOfTheDataWhenAllIsFree) {
  Trial run({1, 16, 5, 32, 32});
  Tensor x = run.sample(GetParam(), 30);
  EXPECT_NEAR(x.mean().item<double>(), PerfectDenoiser::mean, 0.02);
  EXPECT_NEAR(x.std().item<double>(), PerfectDenoiser::deviation, 0.03);
}

TEST_P(EverySampler, LeavesKnownTokensBitForBitAsTheyWere) {
  Trial run;
  run.mask.latents = draw({1, 4, 5, 8, 8}, 7) * 3;
  run.mask.values[0].fill_(0);
  run.mask.values[3][1][2] = 0;
  Tensor x = run.sample(GetParam(), 6, prompts(1, 0), {.scale = 3});
  EXPECT_TRUE(x.narrow(2, 0, 1).equal(run.mask.latents.narrow(2, 0, 1)));
  Tensor token = x[0].select(1, 3).slice(1, 2, 4).slice(2, 4, 6);
  EXPECT_TRUE(token.equal(run.mask.latents[0].select(1, 3).slice(1, 2, 4).slice(2, 4, 6)));
  EXPECT_FALSE(x.narrow(2, 1, 1).equal(run.mask.latents.narrow(2, 1, 1)));
  EXPECT_TRUE(x.isfinite().all().item<bool>());
}

TEST_P(EverySampler, ShowsEachTokenAtItsOwnSigma) {
  Trial run;
  run.mask.values[0].fill_(0);
  run.mask.values[1].fill_(0.5);
  run.sample(GetParam(), 4);
  ASSERT_GE(run.denoiser.shown.size(), 4u);
  for (const auto& shown : run.denoiser.shown) {
    Tensor timesteps = shown.timesteps.view({5, 16});
    EXPECT_EQ(timesteps[0].max().item<float>(), 0);
    EXPECT_TRUE(timesteps[1].allclose(timesteps[4] * 0.5));
    EXPECT_TRUE(timesteps[2].equal(timesteps[4]));
  }
  EXPECT_EQ(run.denoiser.shown.front().timesteps.max().item<float>(), 1);
}

TEST_P(EveryFlowSampler, BringsPartlyNoisedTokensToTheData) {
  Trial run({1, 16, 5, 32, 32});
  run.mask.latents = PerfectDenoiser::mean + PerfectDenoiser::deviation * draw(run.mask.latents.sizes(), 5);
  run.mask.values.fill_(0.5);
  Tensor x = run.sample(GetParam(), 40);
  EXPECT_NEAR(x.mean().item<double>(), PerfectDenoiser::mean, 0.02);
  EXPECT_NEAR(x.std().item<double>(), PerfectDenoiser::deviation, 0.03);
  double correlation = ((x - x.mean()) * (run.mask.latents - PerfectDenoiser::mean)).mean().item<double>() / 0.25;
  EXPECT_NEAR(correlation, 0.25 / std::hypot(0.25, 0.5), 0.02);  // the flow keeps quantiles: they remember what they were
}

std::vector<std::string> names_of_samplers(bool with_lcm) {
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : diffusion::samplers())
    if (with_lcm || sampler.name != "lcm") names.push_back(sampler.name);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) { return info.param == "dpm++" ? "dpmpp" : info.param; }

INSTANTIATE_TEST_SUITE_P(Sample, EverySampler, testing::ValuesIn(names_of_samplers(true)), test_name);
INSTANTIATE_TEST_SUITE_P(Sample, EveryFlowSampler, testing::ValuesIn(names_of_samplers(false)), test_name);

TEST(Sample, NoisesEachTokenAnewToItsOwnSigma) {
  Trial run({1, 16, 5, 32, 32});
  run.mask.values[1].fill_(0.5);
  Conditioning both{prompts()};
  auto after_each = [&](const SampleState& state, const Tensor& x0) {
    if (state.steps_done != 1) return;
    for (auto [frame, sigma] : {std::pair<int64_t, double>{0, .6}, {1, .3}, {4, .6}}) {  // of the 0.6 that the first step reaches
      Tensor noise = (state.x.select(2, frame) - (1 - sigma) * x0.select(2, frame)) / sigma;
      EXPECT_NEAR(noise.mean().item<double>(), 0, .05) << frame;
      EXPECT_NEAR(noise.std().item<double>(), 1, .05) << frame;
    }
  };
  generation::sample(run.denoiser, {}, {{"conditional", both.row(0)}, {"unconditional", both.row(1)}}, run.mask,
                     draw(run.mask.latents.sizes(), 1), {diffusion::sampler("lcm"), {1, .6, 0}, {}, {}, base::generator(3)}, run.observer,
                     after_each);
}

/// A sampler over a network that has one timestep per clip.
struct TrialOfOneTimestep : Trial {
  using Trial::Trial;
  Tensor sample(const std::string& sampler, int64_t steps) {
    Conditioning both{prompts()};
    diffusion::Sigmas sigmas = diffusion::shifted_sigmas(steps, 1);
    return generation::sample(denoiser, {}, {{"conditional", both.row(0)}, {"unconditional", both.row(1)}}, mask,
                              draw(mask.latents.sizes(), 1),
                              {.sampler = diffusion::sampler(sampler), .sigmas = sigmas, .guidance = {}, .one_timestep = true}, observer);
  }
};

TEST_P(EverySampler, PutsKnownTokensBackWhereTheNetworkHasOneTimestep) {
  TrialOfOneTimestep run;
  run.mask.latents = draw({1, 4, 5, 8, 8}, 7) * 3;
  run.mask.values[0].fill_(0);
  run.mask.values[3][1][2] = 0;
  Tensor x = run.sample(GetParam(), 6);
  EXPECT_TRUE(x.narrow(2, 0, 1).equal(run.mask.latents.narrow(2, 0, 1)));
  Tensor token = x[0].select(1, 3).slice(1, 2, 4).slice(2, 4, 6);
  EXPECT_TRUE(token.equal(run.mask.latents[0].select(1, 3).slice(1, 2, 4).slice(2, 4, 6)));
  EXPECT_FALSE(x.narrow(2, 1, 1).equal(run.mask.latents.narrow(2, 1, 1)));
  for (const auto& shown : run.denoiser.shown) EXPECT_EQ(shown.timesteps.min().item<float>(), shown.timesteps.max().item<float>());
}

TEST(Sample, RunsTheLastStepsAloneWhereTheNetworkHasOneTimestep) {
  TrialOfOneTimestep run;
  run.mask.values.fill_(.7);
  run.sample("euler", 5);
  std::vector<double> visited;
  for (const auto& shown : run.denoiser.shown) visited.push_back(shown.timesteps[0][0].item<double>());
  ASSERT_EQ(visited.size(), 3u) << "int(5 * 0.7), as diffusers has it";
  EXPECT_NEAR(visited.front(), .6, 1e-6);
}

TEST(Sample, LetsATokenWaitForItsStepWhereTheNetworkHasOneTimestep) {
  TrialOfOneTimestep run;
  run.mask.latents = at::full({1, 4, 5, 8, 8}, 2.);
  run.mask.values[0].fill_(.5);
  Tensor x = run.sample("euler", 4);
  EXPECT_EQ(run.denoiser.shown.size(), 4u);
  EXPECT_FALSE(x.narrow(2, 0, 1).equal(run.mask.latents.narrow(2, 0, 1)));
  EXPECT_TRUE(x.isfinite().all().item<bool>());
}

TEST(Sample, VisitsTheSigmas) {
  Trial run;
  run.sample("euler", 4);
  std::vector<double> visited;
  for (const auto& shown : run.denoiser.shown) visited.push_back(shown.timesteps[0][0].item<double>());
  EXPECT_EQ(visited, (std::vector<double>{1, 0.75, 0.5, 0.25}));
}

TEST(Sample, EvaluatesTheWantedPromptAloneWithoutGuidance) {
  Trial run;
  run.sample("euler", 2, prompts(5, -5), {.scale = 1});
  for (const auto& shown : run.denoiser.shown) EXPECT_TRUE(shown.text.equal(at::full({1, 1, 1}, 5)));
}

TEST(Sample, EvaluatesBothPromptsInOneBatchWithGuidance) {
  Trial run;
  run.sample("euler", 2, prompts(5, -5), {.scale = 2});
  EXPECT_EQ(run.denoiser.shown.size(), 2u);
  EXPECT_EQ(run.denoiser.runs, 1) << "one for all steps";
  for (const auto& shown : run.denoiser.shown) EXPECT_TRUE(shown.text.equal(at::tensor({5.0f, -5.0f}).view({2, 1, 1})));
}

TEST(Sample, EvaluatesTheWantedPromptAloneOutsideOfTheInterval) {
  Trial run;
  run.sample("euler", 4, prompts(5, -5), {.scale = 2, .interval = {.2, .6}});
  std::vector<int64_t> rows;
  for (const auto& shown : run.denoiser.shown) rows.push_back(shown.text.size(0));
  EXPECT_EQ(rows, (std::vector<int64_t>{1, 1, 2, 2}));  // at 1, .75, .5 and .25
  EXPECT_EQ(run.denoiser.runs, 2);
}

TEST(Sample, EvaluatesLargeClipsOnePromptAfterTheOther) {
  Trial run({1, 4, 4, 64, 64});  // 4096 tokens
  Tensor x = run.sample("euler", 1, prompts(1, 0), {.scale = 3});
  ASSERT_EQ(run.denoiser.shown.size(), 2u);
  for (size_t i : {0, 1}) {
    EXPECT_EQ(run.denoiser.shown[i].timesteps.size(0), 1);
    EXPECT_EQ(run.denoiser.shown[i].text.item<float>(), i == 0 ? 1 : 0);
  }
  EXPECT_NEAR(x.mean().item<double>(), 1 + 3, 0.05);  // one step from noise leads to the mean
}

TEST(Sample, IsGuidedTowardsThePromptAndBeyond) {
  auto mean = [](double guidance) { return Trial().sample("heun", 20, prompts(1, 0), {.scale = guidance}).mean().item<double>(); };
  EXPECT_NEAR(mean(1), 2, 0.03);
  EXPECT_NEAR(mean(0.5), 2, 0.03);  // below 1 there is none
  EXPECT_NEAR(mean(3), 4, 0.03);    // for equal deviations guidance moves the mean: 1 + 3 * (2 - 1)
}

/// A network that overflows in its second evaluation.
class OverflowingDenoiser : public PerfectDenoiser {
 public:
  Tensor predict(const Tensor& x, const TokenTimesteps& timesteps, transformer::RunContext& run) const override {
    Tensor v = PerfectDenoiser::predict(x, timesteps, run);
    return shown.size() < 2 ? v : v / 0;
  }
};

TEST(Sample, EndsAtTheStepThatGivesNumbersThatAreNotFinite) {
  OverflowingDenoiser denoiser;
  DenoiseMask mask = DenoiseMask::none({1, 4, 2, 4, 4}, denoiser.grid(2, 4, 4));
  Conditioning both{prompts()};
  Counting observer;
  auto run = [&] {
    generation::sample(denoiser, {}, {{"conditional", both.row(0)}, {"unconditional", both.row(1)}}, mask, draw({1, 4, 2, 4, 4}, 1),
                       {diffusion::sampler("euler"), diffusion::shifted_sigmas(5, 1), {}}, observer);
  };
  EXPECT_EQ(
      complaint<base::Error>(run),
      "step 2 of 5 gave numbers that are not finite, first in the denoiser's output: 128 of 128; compute in fp32, or check the weights");
  EXPECT_EQ(denoiser.shown.size(), 2u);
}

TEST(Sample, TellsHowFarItIs) {
  Trial run;
  run.sample("heun", 3);
  EXPECT_EQ(run.observer.told, (std::vector<std::string>{"sampling 1/3", "sampling 2/3", "sampling 3/3"}));
}

TEST(Sample, EndsBetweenStepsWhenItIsCancelled) {
  Trial run;
  run.observer = Counting(2);
  EXPECT_THROW(run.sample("euler", 10), base::Cancelled);
  EXPECT_EQ(run.denoiser.shown.size(), 2u);
}

}  // namespace
}  // namespace zoetrope::generation
