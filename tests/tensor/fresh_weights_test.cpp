#include "zoetrope/tensor/fresh_weights.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

/// A source that holds one parameter.
struct OneParameter : WeightSource {
  Tensor get(const std::string&, at::IntArrayRef) override { return value; }
  bool has(const std::string& name) const override { return name == "known"; }
  Tensor value = at::full({3}, 5, at::kBFloat16);
};

TEST(TrainableWeights, StartAsLeCunSays) {
  TrainableWeights weights(1, lecun_normal);
  EXPECT_TRUE(at::equal(weights.get("norm.weight", {8}), at::ones({8})));
  EXPECT_TRUE(at::equal(weights.get("linear.bias", {8}), at::zeros({8})));
  Tensor matrix = weights.get("linear.weight", {400, 100}), kernel = weights.get("conv.weight", {64, 16, 3, 3, 3});
  EXPECT_NEAR(matrix.std().item<double>(), 1 / std::sqrt(100.), 2e-3);
  EXPECT_NEAR(matrix.mean().item<double>(), 0, 2e-3);
  EXPECT_NEAR(kernel.std().item<double>(), 1 / std::sqrt(16. * 27), 2e-3);
}

TEST(TrainableWeights, AreTheSameForTheSameSeed) {
  TrainableWeights first(1, lecun_normal), same(1, lecun_normal), other(2, lecun_normal);
  Tensor w = first.get("w", {4, 4});
  EXPECT_TRUE(at::equal(w, same.get("w", {4, 4})));
  EXPECT_FALSE(at::equal(w, other.get("w", {4, 4})));
}

TEST(TrainableWeights, AreDrawnOnceAndTakeGradients) {
  TrainableWeights weights(1, [](const std::string& name, at::IntArrayRef) { return name == "w" ? Init{0.5, 10} : Init{0, 2}; });
  Tensor w = weights.get("w", {50, 50});
  EXPECT_TRUE(w.is_same(weights.get("w", {50, 50})));
  EXPECT_NEAR(w.mean().item<double>(), 10, 0.05);
  EXPECT_NEAR(w.std().item<double>(), 0.5, 0.05);
  EXPECT_TRUE(at::equal(weights.get("gain", {2}), at::full({2}, 2.f)));
  EXPECT_EQ(weights.parameters().size(), 2u);
  EXPECT_TRUE(w.is_leaf() && w.requires_grad());
  w.sum().backward();
  EXPECT_TRUE(at::equal(weights.parameters().at("w").grad(), at::ones({50, 50})));
  try {
    weights.get("w", {5});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "parameter 'w' is requested as [50,50] and as [5]");
  }
}

TEST(TrainableWeights, GoOnFromAnotherSource) {
  OneParameter source;
  TrainableWeights weights(1, lecun_normal, &source);
  EXPECT_TRUE(weights.has("known"));
  EXPECT_FALSE(weights.has("new"));
  Tensor known = weights.get("known", {3});
  EXPECT_EQ(known.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(known, at::full({3}, 5.f)));
  EXPECT_TRUE(at::equal(weights.get("new", {3}), at::ones({3}))) << "what the source lacks is drawn";

  source.value = at::full({3}, 5.f);
  TrainableWeights again(1, lecun_normal, &source);
  {
    at::NoGradGuard no_grad;
    again.get("known", {3}).zero_();
  }
  EXPECT_TRUE(at::equal(source.value, at::full({3}, 5.f))) << "training must not write into the source";
}

}  // namespace
}  // namespace zoetrope::tensor
