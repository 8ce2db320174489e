#include "zoetrope/training/optimizer.h"

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::training {
namespace {

using Parameters = std::map<std::string, Tensor>;

bool hidden(const std::string& name) { return name.starts_with("hidden"); }

Parameters some_parameters() {
  Parameters p{{"hidden.weight", draw({6, 10}, 1)}, {"hidden.bias", draw({6}, 2)}, {"embedding", draw({5, 4}, 3)}};
  for (auto& [name, parameter] : p) parameter.requires_grad_();
  return p;
}

void set_gradients(Parameters& parameters, uint64_t seed) {
  for (auto& [name, parameter] : parameters) parameter.mutable_grad() = draw(parameter.sizes(), base::derive_seed({seed, name.size()}));
}

TEST(Optimizer, TakesTheStepsOfAdamWForAllButHiddenMatrices) {
  OptimizerSettings s{.adam_lr = 0.1, .adam_beta1 = 0.9, .adam_beta2 = 0.99, .adam_epsilon = 1e-8, .weight_decay = 0.5};
  Parameters p{{"matrix", at::full({1, 1}, 2.0)}, {"vector", at::full({1}, 2.0)}};
  Optimizer optimizer(p, s, hidden);
  double matrix = 2, vector = 2, m = 0, v = 0;
  const std::vector<double> gradients{3, -1, 0.5}, rates{1, 0.5, 0.25};
  for (int t = 1; t <= 3; ++t) {
    for (auto& [name, parameter] : p) parameter.mutable_grad() = at::full_like(parameter, gradients[t - 1]);
    optimizer.step(rates[t - 1]);
    double rate = 0.1 * rates[t - 1];
    m = 0.9 * m + 0.1 * gradients[t - 1];
    v = 0.99 * v + 0.01 * gradients[t - 1] * gradients[t - 1];
    double update = rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.99, t))) + 1e-8);
    matrix = matrix * (1 - rate * 0.5) - update;
    vector -= update;  // gains and biases do not decay
    EXPECT_NEAR(p["matrix"].item<float>(), matrix, 1e-6);
    EXPECT_NEAR(p["vector"].item<float>(), vector, 1e-6);
  }
}

TEST(Optimizer, MovesHiddenMatricesByAnOrthogonalMatrix) {
  OptimizerSettings s{.muon_lr = 0.1, .weight_decay = 0};
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{8, 32}, {32, 8}, {8, 4, 3, 3}}) {
    Parameters p{{"hidden", at::zeros(shape)}};
    p["hidden"].mutable_grad() = draw(shape, 4);
    Optimizer(p, s, hidden).step(0.5);
    Tensor moved = p["hidden"].flatten(1);
    double shape_factor = std::sqrt(std::max(1.0, static_cast<double>(moved.size(0)) / static_cast<double>(moved.size(1))));
    Tensor values = at::linalg_svdvals(moved) / (0.1 * 0.5 * shape_factor);
    EXPECT_GT(values.min().item<float>(), 0.6);
    EXPECT_LT(values.max().item<float>(), 1.3);
    EXPECT_LT((moved * draw(shape, 4).flatten(1)).sum().item<float>(), 0);  // downhill
  }
}

TEST(Optimizer, DecaysMatricesAlone) {
  OptimizerSettings s{.muon_lr = 0.1, .adam_lr = 0.1, .weight_decay = 0.5};
  Parameters p = some_parameters(), before;
  for (auto& [name, parameter] : p) before[name] = parameter.detach().clone(), parameter.mutable_grad() = at::zeros_like(parameter);
  Optimizer(p, s, hidden).step(1);
  EXPECT_TRUE(p["hidden.weight"].allclose(before["hidden.weight"] * 0.95));
  EXPECT_TRUE(p["embedding"].allclose(before["embedding"] * 0.95));
  EXPECT_TRUE(p["hidden.bias"].equal(before["hidden.bias"]));
}

TEST(Optimizer, LeavesWhatHasNoGradientAndDropsGradientsThatItUsed) {
  Parameters p = some_parameters();
  Tensor embedding = p["embedding"].detach().clone(), bias = p["hidden.bias"].detach().clone();
  p["hidden.bias"].mutable_grad() = at::ones({6});
  Optimizer(p, {}, hidden).step(1);
  EXPECT_TRUE(p["embedding"].equal(embedding));
  EXPECT_FALSE(p["hidden.bias"].equal(bias));
  EXPECT_FALSE(p["hidden.bias"].grad().defined());
}

TEST(Optimizer, GoesOnFromItsStateBitForBit) {
  Parameters p = some_parameters(), q = some_parameters();
  Optimizer whole(p, {}, hidden);
  for (uint64_t step = 0; step < 3; ++step) set_gradients(p, step), whole.step(1);
  Optimizer resumed(q, {}, hidden);
  at::NoGradGuard no_grad;
  for (auto& [name, parameter] : q) parameter.copy_(p[name]);
  resumed.load_state(whole.state());
  for (uint64_t step = 3; step < 6; ++step) {
    set_gradients(p, step), whole.step(0.7);
    set_gradients(q, step), resumed.step(0.7);
    for (auto& [name, parameter] : p) EXPECT_TRUE(parameter.equal(q[name])) << name;
  }
}

TEST(Optimizer, RefusesTheStateOfAnotherModel) {
  Parameters p = some_parameters(), other{{"hidden.weight", at::zeros({6, 11})}};
  Optimizer optimizer(p, {}, hidden);
  try {
    optimizer.load_state(Optimizer(other, {}, hidden).state());
    FAIL() << "loaded";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no 'momentum.embedding' of the right shape"));
  }
}

TEST(Optimizer, ClipsTheNormOfAllGradientsTogether) {
  Parameters p = some_parameters();
  set_gradients(p, 9);
  double sum = 0;
  for (auto& [name, parameter] : p) sum += parameter.grad().square().sum().item<double>();
  Tensor before = p["embedding"].grad().clone();
  Optimizer optimizer(p, {}, hidden);
  EXPECT_NEAR(optimizer.clip_gradients(1e6), std::sqrt(sum), 1e-4);
  EXPECT_TRUE(p["embedding"].grad().equal(before));
  EXPECT_NEAR(optimizer.clip_gradients(0.5), std::sqrt(sum), 1e-4);
  EXPECT_NEAR(optimizer.clip_gradients(1e6), 0.5, 1e-5);
  EXPECT_TRUE(p["embedding"].grad().allclose(before * 0.5 / std::sqrt(sum)));
}

TEST(Orthogonalise, BringsSingularValuesNearOne) {
  for (auto [rows, columns] : {std::pair{24, 96}, {96, 24}, {16, 40}}) {
    for (double size : {1e-4, 1.0, 1e4}) {
      Tensor values = at::linalg_svdvals(orthogonalise(draw({rows, columns}) * size));
      EXPECT_GT(values.min().item<float>(), 0.65) << rows << "x" << columns;
      EXPECT_LT(values.max().item<float>(), 1.25) << rows << "x" << columns;
    }
  }
}

TEST(Orthogonalise, KeepsTheSingularVectors) {
  Tensor matrix = draw({12, 30});
  auto [u, s, vh] = at::linalg_svd(matrix, /*full_matrices=*/false);
  Tensor inside = at::matmul(at::matmul(u.t(), orthogonalise(matrix)), vh.t());
  EXPECT_LT((inside - inside.diagonal().diag()).abs().max().item<float>(), 1e-3);
  EXPECT_GT(inside.diagonal().min().item<float>(), 0);
}

TEST(Orthogonalise, IsGoodEnoughInHalfPrecision) {
  Tensor matrix = draw({16, 64}), half = orthogonalise(matrix, at::kBFloat16);
  EXPECT_EQ(half.scalar_type(), at::kFloat);
  EXPECT_LT((half - orthogonalise(matrix)).abs().max().item<float>(), 0.1);
}

TEST(Orthogonalise, LeavesZeroZero) { EXPECT_TRUE(orthogonalise(at::zeros({4, 6})).equal(at::zeros({4, 6}))); }

}  // namespace
}  // namespace zoetrope::training
