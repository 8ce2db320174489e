#include "zoetrope/diffusion/samplers.h"

#include <gtest/gtest.h>

#include "tests/diffusion/gaussian.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::diffusion {
namespace {

/// Every law below holds for every sampler.
class EverySampler : public testing::TestWithParam<std::string> {
 protected:
  const Sampler& sampler_ = sampler(GetParam());
};

INSTANTIATE_TEST_SUITE_P(, EverySampler, testing::Values("euler", "heun", "unipc", "dpm++"),
                         [](auto& info) { return info.param == "dpm++" ? std::string("dpmpp") : info.param; });

TEST_P(EverySampler, ReachesAPointMassExactly) {
  auto generator = base::generator(1);
  Tensor noise = base::randn({1000}, generator);
  for (int64_t steps : {1, 2, 3, 7, 20})
    for (double shift : {1., 5.})
      for (SigmaRange range : {SigmaRange{}, wan_sigmas, diffusers_sigmas}) {
        Tensor x = sampler_.run(
            noise, shifted_sigmas(steps, shift, range), [](const Tensor& x, double sigma) { return (x - 3) / sigma; }, keep);
        EXPECT_LT((x - 3).abs().max().item<float>(), 3e-6) << steps << " steps, shift " << shift;
      }
}

/// How far the sampler is from the flow of normal data at the last sigma.
double error(const Sampler& sampler, const Sigmas& sigmas) {
  GaussianData data;
  Tensor x = at::linspace(-3, 3, 61, at::kDouble);
  Tensor end = sampler.run(
      x, sigmas, [&](const Tensor& x, double sigma) { return data.velocity(x, sigma); }, keep);
  return (end - data.moved(x, sigmas.front(), sigmas.back())).abs().max().item<double>();
}

TEST_P(EverySampler, ConvergesWithItsOrder) {
  auto between = [](int64_t steps) {
    Sigmas sigmas;
    for (int64_t i = 0; i <= steps; ++i) sigmas.push_back(0.8 - 0.6 * static_cast<double>(i) / static_cast<double>(steps));
    return sigmas;
  };
  double order = std::log2(error(sampler_, between(100)) / error(sampler_, between(200)));
  EXPECT_NEAR(order, GetParam() == "euler" ? 1 : 2, 0.1);
}

// Over the whole range, where the time of the multistep samplers is infinite at both ends, the logarithm of the number of steps joins in.
TEST_P(EverySampler, ConvergesFromPureNoiseToData) {
  for (double shift : {1., 3.}) {
    double coarse = error(sampler_, shifted_sigmas(200, shift)), fine = error(sampler_, shifted_sigmas(400, shift));
    EXPECT_GT(std::log2(coarse / fine), GetParam() == "euler" ? 0.9 : 1.6) << "shift " << shift;
    EXPECT_LT(fine, GetParam() == "euler" ? 0.02 : 0.001) << "shift " << shift;
  }
}

TEST_P(EverySampler, GivesTheMomentsOfTheData) {
  auto generator = base::generator(2);
  GaussianData data{-2, 0.3};
  Tensor x = sampler_.run(
      base::randn({200'000}, generator), shifted_sigmas(60, 2), [&](const Tensor& x, double sigma) { return data.velocity(x, sigma); },
      keep);
  EXPECT_NEAR(x.mean().item<double>(), -2, 0.01);
  EXPECT_NEAR(x.std().item<double>(), 0.3, 0.02);
}

TEST_P(EverySampler, StartsFromAMiddleLevel) {
  GaussianData data;
  Tensor x = at::linspace(-1, 2, 31, at::kDouble);
  Tensor end = sampler_.run(
      x, shifted_sigmas(400, 1, {0.4}), [&](const Tensor& x, double sigma) { return data.velocity(x, sigma); }, keep);
  EXPECT_LT((end - data.moved(x, 0.4, 0)).abs().max().item<double>(), 2e-3);
}

TEST_P(EverySampler, KeepsValuesWithoutVelocity) {
  auto generator = base::generator(3);
  Tensor known = base::randn({100}, generator);
  Tensor x = sampler_.run(
      known, shifted_sigmas(20, 3), [](const Tensor& x, double) { return at::zeros_like(x); }, keep);
  EXPECT_LT((x - known).abs().max().item<float>(), 3e-6);
}

TEST_P(EverySampler, GoesOnFromWhatTheCallerReturnsAndTellsEachStep) {
  GaussianData data;
  auto generator = base::generator(4);
  Tensor start = base::randn({100}, generator), known = at::full({50}, 7.f);
  Sigmas sigmas = shifted_sigmas(5, 3);
  std::vector<int64_t> told;
  start.slice(0, 0, 50) = known;
  Tensor x = sampler_.run(
      start, sigmas,
      [&](const Tensor& x, double sigma) {
        Tensor v = data.velocity(x, sigma);
        v.slice(0, 0, 50).zero_();
        return v;
      },
      [&](Tensor x, const Step& step) {
        EXPECT_EQ(step.total, 5);
        EXPECT_EQ(step.sigma, sigmas[step.index + 1]);
        EXPECT_EQ(step.x0.sizes(), x.sizes());
        told.push_back(step.index);
        return at::cat({known, x.slice(0, 50)});
      });
  EXPECT_EQ(told, (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(at::equal(x.slice(0, 0, 50), known)) << "known values come out as they went in";
  EXPECT_LT((x.slice(0, 50) - 1).abs().max().item<float>(), 3);
}

TEST_P(EverySampler, LeavesItsStartAlone) {
  Tensor start = at::ones({8});
  sampler_.run(
      start, shifted_sigmas(3, 1), [](const Tensor& x, double) { return x; }, keep);
  EXPECT_TRUE(at::equal(start, at::ones({8})));
}

TEST(Sampler, IsFoundByNameOrTheNamesAreTold) {
  EXPECT_EQ(sampler("heun").name, "heun");
  try {
    sampler("midpoint");
    FAIL();
  } catch (const base::UsageError& error) {
    EXPECT_STREQ(error.what(), "there is no sampler 'midpoint'; the samplers are euler, heun, unipc, dpm++, lcm, ddim, ddpm");
  }
}

/// A perfectly distilled model of normal data: from any x it predicts data that the flow leads to.
Tensor distilled(const GaussianData& data, const Tensor& x, double sigma) { return (x - data.moved(x, sigma, 0)) / sigma; }

TEST(Lcm, DrawsFromTheDataOfAPerfectlyDistilledModelInAFewSteps) {
  at::Generator generator = base::generator(5);
  GaussianData data{-2, 0.3};
  std::vector<std::vector<int64_t>> asked;
  SamplerOptions options{.noise = [&](const Tensor& x0) {
    asked.push_back(x0.sizes().vec());
    return base::randn(x0.sizes(), generator);
  }};
  Tensor start = base::randn({100'000}, generator);
  Tensor x = lcm(
      start, {1, .757, .522, 0}, [&](const Tensor& x, double sigma) { return distilled(data, x, sigma); }, keep, options);
  EXPECT_EQ(asked.size(), 2u) << "none for the step to the data";
  EXPECT_NEAR(x.mean().item<double>(), -2, 0.01);
  EXPECT_NEAR(x.std().item<double>(), 0.3, 0.01);
  Tensor last = lcm(start, {1, 0}, [&](const Tensor& x, double sigma) { return distilled(data, x, sigma); }, keep, {});
  EXPECT_TRUE(last.allclose(data.moved(start, 1, 0)));
}

TEST(Lcm, NoisesTheDataAnewToTheNextSigma) {
  Tensor noise = at::linspace(-2, 2, 9, at::kDouble), x0 = at::full({9}, 0.7, at::kDouble);
  SamplerOptions options{.noise = [&](const Tensor&) { return noise; }};
  lcm(
      at::zeros({9}, at::kDouble), {0.9, 0.4, 0.1, 0}, [&](const Tensor& x, double sigma) { return (x - x0) / sigma; },
      [&](Tensor x, const Step& step) {
        EXPECT_TRUE(x.allclose((1 - step.sigma) * x0 + step.sigma * (step.sigma == 0 ? at::zeros_like(noise) : noise))) << step.sigma;
        return x;
      },
      options);
}

TEST(DpmPlusPlus, AsksForOneVelocityAStep) {
  int asked = 0;
  dpmpp(at::ones({2}), shifted_sigmas(9, 3), [&](const Tensor& x, double) { return ++asked, x; });
  EXPECT_EQ(asked, 9);
}

// Data that is predicted to stay the same is a straight line in x, for which exponential integrators are exact at every sigma.
TEST(DpmPlusPlus, IsExactForConstantDataAtEveryLevel) {
  Tensor noise = at::linspace(-2, 2, 21, at::kDouble);
  Sigmas sigmas = shifted_sigmas(6, 3);
  dpmpp(
      noise, sigmas, [](const Tensor& x, double sigma) { return (x - 0.7) / sigma; },
      [&](Tensor x, const Step& step) {
        EXPECT_LT((x - ((1 - step.sigma) * 0.7 + step.sigma * noise)).abs().max().item<double>(), 1e-12);
        return x;
      });
}

TEST(UniPc, IsBetterThanEulerInTheStepsThatPeopleUse) {
  for (int64_t steps : {20, 50}) {
    const Sigmas sigmas = shifted_sigmas(steps, 3);
    EXPECT_LT(error(sampler("unipc"), sigmas), 0.5 * error(sampler("euler"), sigmas)) << steps;
  }
}

TEST(UniPc, AsksForOneVelocityAStep) {
  int asked = 0;
  unipc(at::ones({2}), shifted_sigmas(9, 3), [&](const Tensor& x, double) { return ++asked, x; });
  EXPECT_EQ(asked, 9);
}

// In one step to sigma 0 all that a sampler can do is to take the data as predicted.
TEST(UniPc, IsThePredictionOfTheDataInOneStep) {
  Tensor x = at::linspace(-1, 1, 5);
  Tensor end = unipc(x, {1, 0}, [](const Tensor& x, double) { return 2 * x; });
  EXPECT_TRUE(at::equal(end, x - 2 * x));
  EXPECT_TRUE(at::equal(dpmpp(x, {1, 0}, [](const Tensor& x, double) { return 2 * x; }), end));
}

TEST(SamplerOptions, KnowsTheProductOfAlphasByTheLevel) {
  Parameterization p{.alphas_cumprod = linear_alphas_cumprod()};
  for (int64_t t : {0, 10, 500, 999})
    EXPECT_NEAR(alpha_cumprod(p.sigma(static_cast<double>(t))), p.alphas_cumprod[t], 1e-12 * p.alphas_cumprod[t] + 1e-15);
  EXPECT_EQ(alpha_cumprod(0), 1);
  EXPECT_EQ(alpha_cumprod(1), 0);
}

TEST(Ddim, IsEulerInTheCoordinatesOfFlowMatching) {
  GaussianData data;
  Tensor x = at::linspace(-3, 3, 61, at::kDouble);
  Sigmas sigmas = DiscreteSchedule().ddpm_sigmas(17);
  auto predict = [&](const Tensor& x, double sigma) { return data.velocity(x, sigma); };
  EXPECT_TRUE(ddim(x, sigmas, predict, keep, {}).allclose(euler(x, sigmas, predict), 1e-12, 1e-12));
}

TEST(Ddim, ClipsTheDataAndKeepsTheNoise) {
  Tensor x0 = at::full({5}, 3.0, at::kDouble), noise = at::linspace(-1, 1, 5, at::kDouble);
  auto predict = [&](const Tensor&, double) { return noise - x0; };
  double sigma = 0.6, t = 0.2;
  Tensor end = ddim((1 - sigma) * x0 + sigma * noise, {sigma, t}, predict, keep, {.clip_sample = 2});
  EXPECT_TRUE(end.allclose((1 - t) * 2 + t * noise));
}

TEST(Ddim, UsesTheResultOfAStepAtTheNextSigma) {
  Tensor x0 = at::full({3}, 0.5, at::kDouble), noise = at::linspace(-1, 1, 3, at::kDouble);
  std::vector<Tensor> seen;
  auto predict = [&](const Tensor& x, double sigma) {
    seen.push_back(x / norm(sigma));
    return noise - x0;
  };
  ddim(0.2 * x0 + 0.8 * noise, {0.8, 0.4, 0}, predict, keep, {.prev_sigmas = {0.5, 0}});
  EXPECT_TRUE(seen[1].allclose((0.5 * x0 + 0.5 * noise) / norm(0.5))) << "the network sees what the first step made, unchanged";
}

class DdpmOfEachVariance : public testing::TestWithParam<VarianceType> {};

// With many steps the chain draws from the data, whichever variance its steps have.
TEST_P(DdpmOfEachVariance, GivesTheMomentsOfTheData) {
  at::Generator generator = base::generator(4);
  GaussianData data{-2, 0.3};
  DiscreteSchedule schedule;
  Sigmas sigmas = schedule.ddpm_sigmas(500);
  Tensor start = base::randn({20'000}, generator) * norm(sigmas.front());
  auto predict = [&](const Tensor& x, double sigma) { return data.velocity(x, sigma); };
  SamplerOptions options{.variance = GetParam(), .last_noisy_sigma = sigmas[sigmas.size() - 2]};
  options.noise = [&](const Tensor&) { return base::randn({20'000}, generator); };
  options.variances = [] { return at::zeros({20'000}); };
  Tensor x = ddpm(start, sigmas, predict, keep, options);
  EXPECT_NEAR(x.mean().item<double>(), -2, 0.01);
  EXPECT_NEAR(x.std().item<double>(), 0.3, 0.02);
}

INSTANTIATE_TEST_SUITE_P(, DdpmOfEachVariance,
                         testing::Values(VarianceType::fixed_small, VarianceType::fixed_large, VarianceType::learned_range),
                         [](const auto& info) -> std::string {
                           switch (info.param) {
                             case VarianceType::fixed_small:
                               return "smallest";
                             case VarianceType::fixed_large:
                               return "largest";
                             default:
                               return "learned";
                           }
                         });

/// A step between two sigmas with noise of 1: what is added to the mean.
double added(VarianceType variance, double learned) {
  SamplerOptions options{.variance = variance};
  options.variances = [=] { return at::full({1}, learned, at::kDouble); };
  auto predict = [](const Tensor& x, double) { return at::zeros_like(x); };
  auto step = [&](double noise) {
    options.noise = [=](const Tensor&) { return at::full({1}, noise, at::kDouble); };
    return ddpm(at::zeros({1}, at::kDouble), {0.7, 0.5}, predict, keep, options).item<double>();
  };
  return step(1) - step(0);
}

TEST(Ddpm, HasALearnedVarianceBetweenTheSmallestAndTheLargest) {
  double smallest = added(VarianceType::fixed_small, 0), largest = added(VarianceType::fixed_large, 0);
  EXPECT_LT(smallest, largest);
  EXPECT_NEAR(added(VarianceType::learned_range, -1), smallest, 1e-7);
  EXPECT_NEAR(added(VarianceType::learned_range, 1), largest, 1e-7);
  EXPECT_NEAR(added(VarianceType::learned_range, 0), std::sqrt(smallest * largest), 1e-7);
}

TEST(Ddpm, AddsNoNoiseInTheStepFromTimestepZero) {
  DiscreteSchedule schedule;
  Sigmas sigmas = schedule.ddpm_sigmas(1000);
  int draws = 0;
  SamplerOptions options{.last_noisy_sigma = sigmas[999]};
  options.noise = [&](const Tensor&) {
    ++draws;
    return at::zeros({2});
  };
  ddpm(
      at::ones({2}), sigmas, [](const Tensor& x, double) { return x; }, keep, options);
  EXPECT_EQ(draws, 999);
}

}  // namespace
}  // namespace zoetrope::diffusion
