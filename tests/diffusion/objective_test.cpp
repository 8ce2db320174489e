#include "zoetrope/diffusion/objective.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/diffusion/schedules.h"

namespace zoetrope::diffusion {
namespace {

TEST(FlowMatching, GoesStraightFromDataToNoise) {
  auto generator = base::generator(1);
  Tensor x0 = base::randn({2, 4, 3, 5, 5}, generator), noise = base::randn({2, 4, 3, 5, 5}, generator);
  EXPECT_TRUE(at::equal(add_noise(x0, noise, at::zeros({1})).x, x0)) << "what is known is shown as it is, bit for bit";
  EXPECT_TRUE(at::equal(add_noise(x0, noise, at::ones({1})).x, noise));
  auto [x, target] = add_noise(x0, noise, at::full({1}, 0.3));
  EXPECT_TRUE(at::allclose(x - 0.3 * target, x0, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(x + 0.7 * target, noise, 1e-5, 1e-6));
}

TEST(FlowMatching, GivesEachTokenItsOwnLevel) {
  auto generator = base::generator(2);
  Tensor x0 = base::randn({2, 4, 3, 5, 5}, generator), noise = base::randn({2, 4, 3, 5, 5}, generator);
  Tensor sigmas = at::rand({2, 1, 3, 5, 5}, generator);
  sigmas.select(2, 0).zero_();
  Tensor x = add_noise(x0, noise, sigmas).x;
  EXPECT_TRUE(at::equal(x.select(2, 0), x0.select(2, 0)));
  float sigma = sigmas[1][0][2][3][4].item<float>();
  EXPECT_FLOAT_EQ(x[1][3][2][3][4].item<float>(),
                  (1 - sigma) * x0[1][3][2][3][4].item<float>() + sigma * noise[1][3][2][3][4].item<float>());
}

// One step from sigma sigma to t > sigma keeps (1-t)/(1-sigma) of x and adds fresh noise; the chain of such steps is distributed as the
// closed form.
TEST(FlowMatching, ClosesTheChainOfSmallSteps) {
  auto generator = base::generator(3);
  constexpr int64_t count = 400'000;
  Tensor x0 = at::full({count}, 2.f), chain = x0;
  double sigma = 0;
  for (double t : {0.1, 0.25, 0.5, 0.6, 0.9}) {
    double kept = (1 - t) / (1 - sigma), fresh = std::sqrt(t * t - kept * kept * sigma * sigma);
    chain = kept * chain + fresh * base::randn({count}, generator);
    Tensor closed = add_noise(x0, base::randn({count}, generator), at::full({1}, t)).x;
    EXPECT_NEAR(chain.mean().item<double>(), closed.mean().item<double>(), 0.01);
    EXPECT_NEAR(chain.std().item<double>(), closed.std().item<double>(), 0.01);
    EXPECT_NEAR(chain.mean().item<double>(), 2 * (1 - t), 0.01);
    EXPECT_NEAR(chain.std().item<double>(), t, 0.01);
    sigma = t;
  }
}

TEST(FlowMatching, LearnsOnlyFromWhatIsNotKnown) {
  Tensor sigmas = at::zeros({1, 1, 4});
  sigmas[0][0][2] = 0.5;
  sigmas[0][0][3] = 1;
  Tensor target = at::zeros({1, 2, 4}), velocity = at::full({1, 2, 4}, 3.f).requires_grad_(true);
  Tensor loss = flow_matching_loss(velocity, target, sigmas);
  EXPECT_FLOAT_EQ(loss.item<float>(), 9);
  loss.backward();
  EXPECT_EQ(velocity.grad().slice(2, 0, 2).abs().sum().item<float>(), 0);
  EXPECT_GT(velocity.grad().slice(2, 2).abs().min().item<float>(), 0);
  EXPECT_EQ(flow_matching_loss(velocity, target, at::zeros({1})).item<float>(), 0);
}

TEST(SigmaDistribution, IsLogitNormalBeforeTheShift) {
  auto generator = base::generator(4);
  Tensor sigma = sample_sigmas({200'000}, {0.5, 1.5}, generator), logit = at::logit(sigma.to(at::kDouble));
  EXPECT_NEAR(logit.mean().item<double>(), 0.5, 0.02);
  EXPECT_NEAR(logit.std().item<double>(), 1.5, 0.02);
  EXPECT_EQ(sigma.scalar_type(), at::kFloat);
}

TEST(SigmaDistribution, ShiftsAsTheLevelsOfSampling) {
  auto first = base::generator(5), second = base::generator(5);
  Tensor plain = sample_sigmas({100}, {}, first), shifted = sample_sigmas({100}, {0, 1, 3}, second);
  for (int64_t i = 0; i < 100; ++i) EXPECT_NEAR(shifted[i].item<double>(), time_shift(plain[i].item<double>(), 3), 1e-6);
}

}  // namespace
}  // namespace zoetrope::diffusion
