#include "zoetrope/tensor/linear.h"

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::tensor {
namespace {

struct Case {
  Tensor x, weight, bias;
};

/// 600 rows of 4096 are cast in three blocks, the last of them smaller.
Case several_blocks(at::ScalarType weights, at::ScalarType compute) {
  at::Generator generator = base::generator(1);
  return {base::randn({2, 3, 4096}, generator).to(compute), base::randn({600, 4096}, generator).to(weights),
          base::randn({600}, generator).to(weights)};
}

void expect_the_product(const Tensor& x, const Tensor& weight, const Tensor& bias, double tolerance) {
  Tensor expected = at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.defined() ? bias.to(at::kDouble) : Tensor());
  Tensor y = linear(x, weight, bias);
  EXPECT_EQ(y.scalar_type(), x.scalar_type());
  ASSERT_EQ(y.sizes(), expected.sizes());
  if (y.numel() > 0) {
    EXPECT_LT((y - expected).abs().max().item<double>(), tolerance * expected.abs().max().item<double>());
  }
}

TEST(Linear, MultipliesMatricesOfAnotherDtypeInBlocks) {
  auto [x, weight, bias] = several_blocks(at::kBFloat16, at::kFloat);
  expect_the_product(x, weight, bias, 1e-6);
  expect_the_product(x, weight, {}, 1e-6);
  expect_the_product(x, weight.to(at::kHalf), bias, 1e-6);
  expect_the_product(x.to(at::kBFloat16), weight.to(at::kFloat), bias, 1e-2);
}

TEST(Linear, TakesInputsOfAnyShapeAndStride) {
  auto [x, weight, bias] = several_blocks(at::kBFloat16, at::kFloat);
  expect_the_product(x.transpose(0, 1), weight, bias, 1e-6);
  expect_the_product(x[0][0], weight, bias, 1e-6);
  expect_the_product(x.narrow(0, 0, 0), weight, bias, 1e-6);
  expect_the_product(x.narrow(2, 5, 8), weight.narrow(1, 7, 8), bias, 1e-6);
}

TEST(Linear, HandsGradientsThroughTheCast) {
  auto [x, weight, bias] = several_blocks(at::kFloat, at::kBFloat16);
  weight.set_requires_grad(true);
  linear(x, weight, bias).sum().backward();
  ASSERT_TRUE(weight.grad().defined());
  Tensor expected = x.to(at::kFloat).sum({0, 1}).expand({600, 4096});
  EXPECT_LT((weight.grad() - expected).abs().max().item<double>(), 0.05 * expected.abs().max().item<double>());
}

}  // namespace
}  // namespace zoetrope::tensor
