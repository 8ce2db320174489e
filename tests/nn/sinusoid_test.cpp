#include "zoetrope/nn/sinusoid.h"

#include <gtest/gtest.h>

namespace zoetrope::nn {
namespace {

TEST(Sinusoid, HasCosinesThenSinesAtFallingRates) {
  Tensor features = sinusoid(at::tensor({0.0, 1.0, 500.0}).view({1, 3}), 8);
  EXPECT_EQ(features.sizes(), (std::vector<int64_t>{1, 3, 8}));
  for (int64_t i = 0; i < 4; ++i) {
    double rate = std::pow(10000, -static_cast<double>(i) / 4);
    for (int64_t t = 0; t < 3; ++t) {
      double angle = std::vector<double>{0, 1, 500}[t] * rate;
      EXPECT_NEAR(features[0][t][i].item<double>(), std::cos(angle), 1e-4);
      EXPECT_NEAR(features[0][t][i + 4].item<double>(), std::sin(angle), 1e-4);
    }
  }
}

}  // namespace
}  // namespace zoetrope::nn
