#include "zoetrope/diffusion/dpmpp.h"

#include <gtest/gtest.h>

#include "tests/diffusion/gaussian.h"

namespace zoetrope::diffusion {
namespace {

TEST(DpmPlusPlus, AsksForOneVelocityAStep) {
  int asked = 0;
  dpmpp(at::ones({2}), shifted_levels(9, 3), [&](const Tensor& x, double) { return ++asked, x; });
  EXPECT_EQ(asked, 9);
}

// Data that is predicted to stay the same is a straight line in x, for which exponential integrators are exact at every level.
TEST(DpmPlusPlus, IsExactForConstantDataAtEveryLevel) {
  Tensor noise = at::linspace(-2, 2, 21, at::kDouble);
  Levels levels = shifted_levels(6, 3);
  dpmpp(
      noise, levels, [](const Tensor& x, double s) { return (x - 0.7) / s; },
      [&](Tensor x, const Step& step) {
        EXPECT_LT((x - ((1 - step.level) * 0.7 + step.level * noise)).abs().max().item<double>(), 1e-12);
        return x;
      });
}

}  // namespace
}  // namespace zoetrope::diffusion
