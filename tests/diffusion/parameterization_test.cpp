#include "zoetrope/diffusion/parameterization.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::diffusion {
namespace {

TEST(Parameterization, BringsEveryOutputToTheSameVelocity) {
  auto generator = base::generator(1);
  auto draw = [&] { return base::randn({2, 3, 4}, generator).to(at::kDouble); };
  Tensor x0 = draw(), noise = draw(), variance = draw(), v = noise - x0;
  Tensor sigma = at::tensor({0.7, 0., 0.2}, at::kDouble).view({1, 3, 1});  // each token's own
  Tensor x = (1 - sigma) * x0 + sigma * noise;
  auto error = [&](PredictionType output, const Tensor& raw) {
    return (Parameterization{output}.velocity(raw, x, sigma) - v).abs().max().item<double>();
  };
  EXPECT_EQ(error(PredictionType::velocity, v), 0);
  EXPECT_EQ(error(PredictionType::negative_velocity, -v), 0);
  EXPECT_LT(error(PredictionType::epsilon, noise), 1e-12);
  EXPECT_LT(error(PredictionType::epsilon_and_variance, at::cat({noise, variance}, 1)), 1e-12);
}

TEST(Parameterization, TurnsLevelsIntoTimestepsAndBack) {
  Parameterization wan{PredictionType::velocity, 1000};
  EXPECT_TRUE(at::allclose(wan.timestep(at::scalar_tensor(0.25)), at::scalar_tensor(250.f)));
  EXPECT_EQ(wan.sigma(250), 0.25);
  Parameterization dit{PredictionType::epsilon, 1, linear_alphas_cumprod()};
  for (double t : {0., 1., 500., 998., 999.}) EXPECT_EQ(dit.timestep(at::full({2, 1}, dit.sigma(t), at::kDouble))[1].item<double>(), t);
  EXPECT_LT(dit.sigma(0), 0.01);
  EXPECT_GT(dit.sigma(999), 0.99);
  EXPECT_THROW(dit.sigma(1000), base::Error);
  EXPECT_THROW(dit.sigma(-1), base::Error);
}

TEST(Parameterization, ShowsAVariancePreservingNetworkWhatItKnows) {
  auto generator = base::generator(2);
  Tensor x0 = base::randn({50}, generator).to(at::kDouble), noise = base::randn({50}, generator).to(at::kDouble);
  Parameterization dit{PredictionType::epsilon, 1, linear_alphas_cumprod()};
  double a = dit.alphas_cumprod[300], sigma = dit.sigma(300);
  Tensor shown = dit.input((1 - sigma) * x0 + sigma * noise, at::scalar_tensor(sigma, at::kDouble));
  EXPECT_LT((shown - (std::sqrt(a) * x0 + std::sqrt(1 - a) * noise)).abs().max().item<double>(), 1e-12);
}

// q(x_t | x_{t-1}) = N(sqrt(1-beta) x_{t-1}, beta), step after step, has the moments of the closed form N(sqrt(a) x0, 1-a).
TEST(Parameterization, ClosesTheChainOfVariancePreservingSteps) {
  auto closed = linear_alphas_cumprod();
  double mean = 3, variance = 0;
  for (int t = 0; t < 1000; ++t) {
    double beta = 1e-4 + (0.02 - 1e-4) * t / 999;
    mean *= std::sqrt(1 - beta);
    variance = (1 - beta) * variance + beta;
    EXPECT_NEAR(mean, 3 * std::sqrt(closed[t]), 1e-10);
    EXPECT_NEAR(variance, 1 - closed[t], 1e-10);
  }
}

}  // namespace
}  // namespace zoetrope::diffusion
