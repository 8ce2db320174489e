#include "zoetrope/nn/conv.h"

#include <gtest/gtest.h>

#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::nn {
namespace {

TEST(Conv2d, KeepsTheSizeOrDividesIt) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_start);
  Tensor x = at::ones({2, 3, 8, 12});
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "same"), 3, 5, 3)(x).sizes(), (std::vector<int64_t>{2, 5, 8, 12}));
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "half"), 3, 5, 3, 2)(x).sizes(), (std::vector<int64_t>{2, 5, 4, 6}));
  EXPECT_EQ(Conv2d(tensor::Weights(weights, "point"), 3, 5, 1)(x).sizes(), (std::vector<int64_t>{2, 5, 8, 12}));
}

TEST(Conv2d, ComputesInTheDtypeOfItsInput) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_start);
  Conv2d conv(tensor::Weights(weights), 3, 5, 3);
  EXPECT_EQ(conv(at::ones({1, 3, 4, 4}, at::kDouble)).scalar_type(), at::kDouble);
}

}  // namespace
}  // namespace zoetrope::nn
