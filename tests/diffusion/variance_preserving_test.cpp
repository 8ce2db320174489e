#include "zoetrope/diffusion/variance_preserving.h"

#include <gtest/gtest.h>

#include "tests/diffusion/gaussian.h"
#include "zoetrope/base/random.h"
#include "zoetrope/diffusion/discrete_schedule.h"
#include "zoetrope/diffusion/euler.h"

namespace zoetrope::diffusion {
namespace {

TEST(VariancePreserving, KnowsTheProductOfAlphasByTheLevel) {
  Parameterization p{.alphas_cumprod = linear_alphas_cumprod()};
  for (int64_t t : {0, 10, 500, 999})
    EXPECT_NEAR(alpha_cumprod(p.level(static_cast<double>(t))), p.alphas_cumprod[t], 1e-12 * p.alphas_cumprod[t] + 1e-15);
  EXPECT_EQ(alpha_cumprod(0), 1);
  EXPECT_EQ(alpha_cumprod(1), 0);
}

TEST(Ddim, IsEulerInTheCoordinatesOfFlowMatching) {
  GaussianData data;
  Tensor x = at::linspace(-3, 3, 61, at::kDouble);
  Levels levels = DiscreteSchedule().ddpm_levels(17);
  auto predict = [&](const Tensor& x, double s) { return data.velocity(x, s); };
  EXPECT_TRUE(ddim(x, levels, predict, keep, {}).allclose(euler(x, levels, predict), 1e-12, 1e-12));
}

TEST(Ddim, ClipsTheDataAndKeepsTheNoise) {
  Tensor x0 = at::full({5}, 3.0, at::kDouble), noise = at::linspace(-1, 1, 5, at::kDouble);
  auto predict = [&](const Tensor&, double) { return noise - x0; };
  double s = 0.6, t = 0.2;
  Tensor end = ddim((1 - s) * x0 + s * noise, {s, t}, predict, keep, {.clip = 2});
  EXPECT_TRUE(end.allclose((1 - t) * 2 + t * noise));
}

TEST(Ddim, TakesWhereAStepLandsForTheLevelWhereTheNextOneBegins) {
  Tensor x0 = at::full({3}, 0.5, at::kDouble), noise = at::linspace(-1, 1, 3, at::kDouble);
  std::vector<Tensor> seen;
  auto predict = [&](const Tensor& x, double s) {
    seen.push_back(x / norm(s));
    return noise - x0;
  };
  ddim(0.2 * x0 + 0.8 * noise, {0.8, 0.4, 0}, predict, keep, {.landings = {0.5, 0}});
  EXPECT_TRUE(seen[1].allclose((0.5 * x0 + 0.5 * noise) / norm(0.5))) << "the network sees what the first step made, unchanged";
}

class DdpmOfEachVariance : public testing::TestWithParam<StepVariance> {};

// With many steps the chain draws from the data, whichever variance its steps have.
TEST_P(DdpmOfEachVariance, GivesTheMomentsOfTheData) {
  at::Generator generator = base::generator(4);
  GaussianData data{-2, 0.3};
  DiscreteSchedule schedule;
  Levels levels = schedule.ddpm_levels(500);
  Tensor start = base::noise({20'000}, generator) * norm(levels.front());
  auto predict = [&](const Tensor& x, double s) { return data.velocity(x, s); };
  VariancePreserving how{.variance = GetParam(), .quiet = levels[levels.size() - 2]};
  how.noise = [&] { return base::noise({20'000}, generator); };
  how.variances = [] { return at::zeros({20'000}); };
  Tensor x = ddpm(start, levels, predict, keep, how);
  EXPECT_NEAR(x.mean().item<double>(), -2, 0.01);
  EXPECT_NEAR(x.std().item<double>(), 0.3, 0.02);
}

INSTANTIATE_TEST_SUITE_P(, DdpmOfEachVariance, testing::Values(StepVariance::smallest, StepVariance::largest, StepVariance::learned),
                         [](const auto& info) -> std::string {
                           switch (info.param) {
                             case StepVariance::smallest:
                               return "smallest";
                             case StepVariance::largest:
                               return "largest";
                             default:
                               return "learned";
                           }
                         });

/// A step between two levels with noise of 1: what is added to the mean.
double added(StepVariance variance, double learned) {
  VariancePreserving how{.variance = variance};
  how.variances = [=] { return at::full({1}, learned, at::kDouble); };
  auto predict = [](const Tensor& x, double) { return at::zeros_like(x); };
  auto step = [&](double noise) {
    how.noise = [=] { return at::full({1}, noise, at::kDouble); };
    return ddpm(at::zeros({1}, at::kDouble), {0.7, 0.5}, predict, keep, how).item<double>();
  };
  return step(1) - step(0);
}

TEST(Ddpm, HasALearnedVarianceBetweenTheSmallestAndTheLargest) {
  double smallest = added(StepVariance::smallest, 0), largest = added(StepVariance::largest, 0);
  EXPECT_LT(smallest, largest);
  EXPECT_NEAR(added(StepVariance::learned, -1), smallest, 1e-7);
  EXPECT_NEAR(added(StepVariance::learned, 1), largest, 1e-7);
  EXPECT_NEAR(added(StepVariance::learned, 0), std::sqrt(smallest * largest), 1e-7);
}

TEST(Ddpm, AddsNoNoiseInTheStepFromTimestepZero) {
  DiscreteSchedule schedule;
  Levels levels = schedule.ddpm_levels(1000);
  int draws = 0;
  VariancePreserving how{.quiet = levels[999]};
  how.noise = [&] {
    ++draws;
    return at::zeros({2});
  };
  ddpm(
      at::ones({2}), levels, [](const Tensor& x, double) { return x; }, keep, how);
  EXPECT_EQ(draws, 999);
}

}  // namespace
}  // namespace zoetrope::diffusion
