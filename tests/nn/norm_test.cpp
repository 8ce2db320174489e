#include "zoetrope/nn/norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/tensor/tensor_map.h"

namespace zoetrope::nn {
namespace {

TEST(RmsNorm, DividesByTheRootOfTheMeanSquareAndGains) {
  tensor::TensorMap source({{"weight", at::tensor({1.f, 2.f})}});
  Tensor y = RmsNorm(tensor::Weights(source), 2)(at::tensor({3.f, 4.f, -30.f, 40.f}).view({2, 2}));
  auto root = static_cast<float>(std::sqrt(12.5));
  EXPECT_TRUE(at::allclose(y, at::tensor({3 / root, 8 / root, -3 / root, 8 / root}).view({2, 2})));
}

TEST(RmsNorm, LeavesZerosAndTheDtypeAlone) {
  tensor::TensorMap source({{"weight", at::ones({4})}});
  Tensor y = RmsNorm(tensor::Weights(source), 4)(at::zeros({3, 4}, at::kBFloat16));
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(y.equal(at::zeros_like(y)));
}

}  // namespace
}  // namespace zoetrope::nn
