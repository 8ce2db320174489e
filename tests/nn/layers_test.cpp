#include "zoetrope/nn/layers.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/temporary_folder.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/tensor/weights.h"

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
    Tensor rows(const Tensor& ids) const override { return at::full({ids.numel(), 3}, 7); }
  };
  struct WithKernel : tensor::TensorMap {
    using TensorMap::TensorMap;
    std::shared_ptr<const tensor::LinearKernel> kernel(const std::string& path, const Tensor&, const Tensor&) override {
      return path == "l" ? std::make_shared<Seven>() : nullptr;
    }
  } source(parameters());
  EXPECT_TRUE(Linear(Weights(source, "l"), 3, 2)(at::ones({2})).equal(at::full({2}, 7.f)));
  EXPECT_TRUE(Embedding(Weights(source, "l"), 2, 3)(at::zeros({4}, at::kLong), at::kFloat).equal(at::full({4, 3}, 7.f)));
}

TEST(Conv2d, KeepsTheSizeOrDividesIt) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Tensor x = at::ones({2, 3, 8, 12});
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "same"), 3, 5, 3)(x).sizes(), (std::vector<int64_t>{2, 5, 8, 12}));
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "half"), 3, 5, 3, 2)(x).sizes(), (std::vector<int64_t>{2, 5, 4, 6}));
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "point"), 3, 5, 1)(x).sizes(), (std::vector<int64_t>{2, 5, 8, 12}));
}

TEST(Conv2d, ComputesInTheDtypeOfItsInput) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Conv2d conv(tensor::Weights(weights), 3, 5, 3);
  EXPECT_EQ(conv(at::ones({1, 3, 4, 4}, at::kDouble)).scalar_type(), at::kDouble);
}

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

TEST(Embedding, MultipliesRowsByTheScaleBesideThem) {
  TemporaryFolder folder;
  Tensor table = draw({6, 4}, 1).to(at::kFloat8_e4m3fn), ids = at::tensor({5, 0, 2, 2}).view({2, 2});
  for (const char* name : {"shared.weight_scale", "shared.scale_weight"})
    for (const Tensor& scale : {at::scalar_tensor(0.3), at::full({1}, 0.3), at::rand({6}), at::rand({6, 1})}) {
      tensor::write_safetensors(folder / "x.safetensors", {{"shared.weight", table}, {name, scale}});
      tensor::Checkpoint checkpoint(folder / "x.safetensors");
      Embedding embedding = tensor::build_model(checkpoint, [](Weights w) { return Embedding(w / "shared", 6, 4); });
      Tensor meant = table.to(at::kFloat) * scale.view({-1, 1});
      EXPECT_TRUE(at::allclose(embedding(ids, at::kFloat), at::embedding(meant, ids))) << name << scale.sizes();
      EXPECT_EQ(embedding(ids, at::kBFloat16).scalar_type(), at::kBFloat16);
    }
}

}  // namespace
}  // namespace zoetrope::nn
