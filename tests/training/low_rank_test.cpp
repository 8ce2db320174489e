#include "zoetrope/training/low_rank.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::training {
namespace {

struct LowRankTest : testing::Test {
  LowRankTest() {
    tensor::write_safetensors(folder / "model.safetensors", {{"wide.weight", at::randn({24, 16})},
                                                             {"wide.bias", at::randn({24})},
                                                             {"thin.weight", at::randn({6, 16})},
                                                             {"thin.bias", at::randn({6})}});
    base = std::make_unique<tensor::Checkpoint>(folder / "model.safetensors");
  }
  TemporaryFolder folder;
  std::unique_ptr<tensor::Checkpoint> base;
  Tensor x = at::randn({3, 16});
};

TEST_F(LowRankTest, BeginsAsNoChange) {
  LowRankWeights weights(*base, 2, 1);
  nn::Linear plain(tensor::Weights(*base) / "wide", 16, 24), changed(tensor::Weights(weights) / "wide", 16, 24);
  EXPECT_TRUE(plain(x).equal(changed(x)));
}

TEST_F(LowRankTest, TrainsBothMatricesAndNothingElse) {
  LowRankWeights weights(*base, 2, 1);
  nn::Linear changed(tensor::Weights(weights) / "wide", 16, 24);
  const auto& parameters = weights.parameters();
  ASSERT_EQ(parameters.size(), 2u);
  Tensor down = parameters.at("wide.lora_A.weight"), up = parameters.at("wide.lora_B.weight");
  EXPECT_EQ(down.sizes(), (std::vector<int64_t>{2, 16}));
  EXPECT_EQ(up.sizes(), (std::vector<int64_t>{24, 2}));
  changed(x).square().sum().backward();
  EXPECT_GT(up.grad().abs().sum().item<double>(), 0);
  EXPECT_FALSE(changed.weight.requires_grad());
  {
    at::NoGradGuard no_grad;
    up.fill_(1);
  }
  EXPECT_TRUE(at::allclose(changed(x), at::linear(x, changed.weight + at::matmul(up, down), changed.bias), 1e-4, 1e-4));
}

TEST_F(LowRankTest, LeavesThinLayersAlone) {
  LowRankWeights weights(*base, 2, 1);
  nn::Linear thin(tensor::Weights(weights) / "thin", 16, 6);
  EXPECT_TRUE(weights.parameters().empty());
}

TEST_F(LowRankTest, IsDecidedByTheSeed) {
  auto drawn = [&](uint64_t seed) {
    LowRankWeights weights(*base, 2, seed);
    nn::Linear layer(tensor::Weights(weights) / "wide", 16, 24);
    return weights.parameters().at("wide.lora_A.weight");
  };
  EXPECT_TRUE(drawn(1).equal(drawn(1)));
  EXPECT_FALSE(drawn(1).equal(drawn(2)));
}

}  // namespace
}  // namespace zoetrope::training
