#include "zoetrope/diffusion/sampler.h"

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
  Tensor noise = base::noise({1000}, generator);
  for (int64_t steps : {1, 2, 3, 7, 20})
    for (double shift : {1., 5.})
      for (LevelRange range : {LevelRange{}, wan_levels, diffusers_levels}) {
        Tensor x = sampler_.run(
            noise, shifted_levels(steps, shift, range), [](const Tensor& x, double s) { return (x - 3) / s; }, keep);
        EXPECT_LT((x - 3).abs().max().item<float>(), 3e-6) << steps << " steps, shift " << shift;
      }
}

/// How far the sampler is from the flow of normal data at the last level.
double error(const Sampler& sampler, const Levels& levels) {
  GaussianData data;
  Tensor x = at::linspace(-3, 3, 61, at::kDouble);
  Tensor end = sampler.run(
      x, levels, [&](const Tensor& x, double s) { return data.velocity(x, s); }, keep);
  return (end - data.moved(x, levels.front(), levels.back())).abs().max().item<double>();
}

TEST_P(EverySampler, ConvergesWithItsOrder) {
  auto between = [](int64_t steps) {
    Levels levels;
    for (int64_t i = 0; i <= steps; ++i) levels.push_back(0.8 - 0.6 * static_cast<double>(i) / static_cast<double>(steps));
    return levels;
  };
  double order = std::log2(error(sampler_, between(100)) / error(sampler_, between(200)));
  EXPECT_NEAR(order, GetParam() == "euler" ? 1 : 2, 0.1);
}

// Over the whole range, where the time of the multistep samplers is infinite at both ends, the logarithm of the number of steps joins in.
TEST_P(EverySampler, ConvergesFromPureNoiseToData) {
  for (double shift : {1., 3.}) {
    double coarse = error(sampler_, shifted_levels(200, shift)), fine = error(sampler_, shifted_levels(400, shift));
    EXPECT_GT(std::log2(coarse / fine), GetParam() == "euler" ? 0.9 : 1.6) << "shift " << shift;
    EXPECT_LT(fine, GetParam() == "euler" ? 0.02 : 0.001) << "shift " << shift;
  }
}

TEST_P(EverySampler, GivesTheMomentsOfTheData) {
  auto generator = base::generator(2);
  GaussianData data{-2, 0.3};
  Tensor x = sampler_.run(
      base::noise({200'000}, generator), shifted_levels(60, 2), [&](const Tensor& x, double s) { return data.velocity(x, s); }, keep);
  EXPECT_NEAR(x.mean().item<double>(), -2, 0.01);
  EXPECT_NEAR(x.std().item<double>(), 0.3, 0.02);
}

TEST_P(EverySampler, StartsFromAMiddleLevel) {
  GaussianData data;
  Tensor x = at::linspace(-1, 2, 31, at::kDouble);
  Tensor end = sampler_.run(
      x, shifted_levels(400, 1, {0.4}), [&](const Tensor& x, double s) { return data.velocity(x, s); }, keep);
  EXPECT_LT((end - data.moved(x, 0.4, 0)).abs().max().item<double>(), 2e-3);
}

TEST_P(EverySampler, KeepsValuesWithoutVelocity) {
  auto generator = base::generator(3);
  Tensor known = base::noise({100}, generator);
  Tensor x = sampler_.run(
      known, shifted_levels(20, 3), [](const Tensor& x, double) { return at::zeros_like(x); }, keep);
  EXPECT_LT((x - known).abs().max().item<float>(), 3e-6);
}

TEST_P(EverySampler, GoesOnFromWhatTheCallerReturnsAndTellsEachStep) {
  GaussianData data;
  auto generator = base::generator(4);
  Tensor start = base::noise({100}, generator), known = at::full({50}, 7.f);
  Levels levels = shifted_levels(5, 3);
  std::vector<int64_t> told;
  start.slice(0, 0, 50) = known;
  Tensor x = sampler_.run(
      start, levels,
      [&](const Tensor& x, double s) {
        Tensor v = data.velocity(x, s);
        v.slice(0, 0, 50).zero_();
        return v;
      },
      [&](Tensor x, const Step& step) {
        EXPECT_EQ(step.total, 5);
        EXPECT_EQ(step.level, levels[step.index + 1]);
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
      start, shifted_levels(3, 1), [](const Tensor& x, double) { return x; }, keep);
  EXPECT_TRUE(at::equal(start, at::ones({8})));
}

TEST(Sampler, IsFoundByNameOrTheNamesAreTold) {
  EXPECT_EQ(sampler("heun").name, "heun");
  try {
    sampler("midpoint");
    FAIL();
  } catch (const base::UsageError& error) {
    EXPECT_STREQ(error.what(), "there is no sampler 'midpoint'; the samplers are euler, heun, unipc, dpm++, ddim, ddpm");
  }
}

}  // namespace
}  // namespace zoetrope::diffusion
