#include "zoetrope/nn/linear.h"

#include <gtest/gtest.h>

#include "zoetrope/tensor/tensor_map.h"

namespace zoetrope::nn {
namespace {

std::map<std::string, Tensor> parameters() {
  return {{"l.weight", at::tensor({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).view({2, 3})}, {"l.bias", at::tensor({10.f, 20.f})}};
}

TEST(Linear, IsTheProductAndTheBiasOverTheLastDimension) {
  tensor::TensorMap source(parameters());
  Linear linear(Weights(source, "l"), 3, 2);
  Tensor x = at::tensor({1.f, 0.f, -1.f}).expand({4, 5, 3});
  EXPECT_TRUE(linear(x).equal(at::tensor({8.f, 18.f}).expand({4, 5, 2})));
}

TEST(Linear, NeedsNoBiasWhereItHasNone) {
  tensor::TensorMap source({{"l.weight", parameters()["l.weight"]}});
  Linear linear(Weights(source, "l"), 3, 2, Linear::Bias::no);
  EXPECT_TRUE(linear(at::ones({1, 3})).equal(at::tensor({6.f, 15.f}).unsqueeze(0)));
}

TEST(Linear, ComputesInTheDtypeOfItsInput) {
  tensor::TensorMap source(parameters());
  EXPECT_EQ(Linear(Weights(source, "l"), 3, 2)(at::ones({1, 3}, at::kBFloat16)).scalar_type(), at::kBFloat16);
}

TEST(Linear, MultipliesThroughTheKernelThatTheSourceHandsIt) {
  struct Seven : tensor::LinearKernel {
    Tensor apply(const Tensor& x) const override { return at::full_like(x, 7); }
  };
  struct WithKernel : tensor::TensorMap {
    using TensorMap::TensorMap;
    std::shared_ptr<const tensor::LinearKernel> kernel(const std::string& path, const Tensor&, const Tensor&) override {
      return path == "l" ? std::make_shared<Seven>() : nullptr;
    }
  } source(parameters());
  EXPECT_TRUE(Linear(Weights(source, "l"), 3, 2)(at::ones({2})).equal(at::full({2}, 7.f)));
}

}  // namespace
}  // namespace zoetrope::nn
