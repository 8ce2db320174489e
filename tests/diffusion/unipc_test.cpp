#include "zoetrope/diffusion/unipc.h"

#include <gtest/gtest.h>

#include "tests/diffusion/gaussian.h"
#include "zoetrope/diffusion/dpmpp.h"
#include "zoetrope/diffusion/euler.h"

namespace zoetrope::diffusion {
namespace {

double error_of(auto& sampler, int64_t steps) {
  GaussianData data;
  Tensor x = at::linspace(-3, 3, 61, at::kDouble);
  Tensor end = sampler(
      x, shifted_levels(steps, 3), [&](const Tensor& x, double s) { return data.velocity(x, s); }, keep);
  return (end - data.moved(x, 1, 0)).abs().max().template item<double>();
}

TEST(UniPc, IsBetterThanEulerInTheStepsThatPeopleUse) {
  for (int64_t steps : {20, 50}) EXPECT_LT(error_of(unipc, steps), 0.5 * error_of(euler, steps)) << steps;
}

TEST(UniPc, AsksForOneVelocityAStep) {
  int asked = 0;
  unipc(at::ones({2}), shifted_levels(9, 3), [&](const Tensor& x, double) { return ++asked, x; });
  EXPECT_EQ(asked, 9);
}

// In one step to level 0 all that a sampler can do is to take the data as predicted.
TEST(UniPc, IsThePredictionOfTheDataInOneStep) {
  Tensor x = at::linspace(-1, 1, 5);
  Tensor end = unipc(x, {1, 0}, [](const Tensor& x, double) { return 2 * x; });
  EXPECT_TRUE(at::equal(end, x - 2 * x));
  EXPECT_TRUE(at::equal(dpmpp(x, {1, 0}, [](const Tensor& x, double) { return 2 * x; }), end));
}

}  // namespace
}  // namespace zoetrope::diffusion
