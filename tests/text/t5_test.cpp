#include "zoetrope/text/t5.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::text {
namespace {

T5Config small(bool per_layer_bias) {
  return {.vocabulary = 40, .width = 24, .head_width = 6, .heads = 3, .feed_forward = 40, .layers = 3, .per_layer_bias = per_layer_bias};
}

struct Trainable {
  explicit Trainable(const T5Config& config) : weights(7, T5Encoder::init(config)), encoder(tensor::Weights(weights), config) {}
  tensor::TrainableWeights weights;
  T5Encoder encoder;
};

/// The bucket of a distance, straight from section 2.1 of Raffel et al.: half of a side's buckets hold one distance each, the rest grow
/// with the logarithm up to max_distance.
int64_t bucket(int64_t offset, int64_t buckets, int64_t max_distance) {
  int64_t side = buckets / 2, exact = side / 2, distance = std::abs(offset);
  int64_t within = distance;
  if (distance >= exact) {
    float octaves =
        std::log(static_cast<float>(distance) / exact) / static_cast<float>(std::log(static_cast<double>(max_distance) / exact));
    within = std::min(exact + static_cast<int64_t>(octaves * (side - exact)), side - 1);
  }
  return within + (offset > 0 ? side : 0);
}

TEST(RelativeBuckets, FollowTheirDefinition) {
  for (auto [buckets, max_distance] : {std::pair{32, 128}, {8, 20}, {16, 300}}) {
    constexpr int64_t length = 200;
    Tensor table = relative_buckets(length, buckets, max_distance);
    for (int64_t query = 0; query < length; query += 7) {
      for (int64_t key = 0; key < length; ++key)
        ASSERT_EQ(table[query][key].item<int64_t>(), bucket(key - query, buckets, max_distance)) << query << " asks " << key;
    }
  }
}

TEST(RelativeBuckets, TellTheDirectionsApart) {
  Tensor table = relative_buckets(3, 32, 128);
  EXPECT_TRUE(at::equal(table, at::tensor({0, 17, 18, 1, 0, 17, 2, 1, 0}, at::kLong).view({3, 3})));
}

struct T5Test : testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(T5AndUmt5, T5Test, testing::Bool());

TEST_P(T5Test, GivesAStateForEachToken) {
  Trainable t5(small(GetParam()));
  Tensor ids = at::tensor({5, 9, 1, 7, 1, 0}, at::kLong).view({2, 3});
  EXPECT_EQ(t5.encoder(ids, (ids != 0).to(at::kLong)).sizes(), (at::IntArrayRef{2, 3, 24}));
}

TEST_P(T5Test, PaddingDoesNotChangeAPromptsStates) {
  Trainable t5(small(GetParam()));
  Tensor ids = at::tensor({5, 9, 12, 1}, at::kLong).unsqueeze(0);
  Tensor alone = t5.encoder(ids, at::ones_like(ids));
  Tensor padded = at::constant_pad_nd(ids, {0, 5}, 0), mask = (padded != 0).to(at::kLong);
  EXPECT_TRUE(at::allclose(t5.encoder(padded, mask).narrow(1, 0, 4), alone, 1e-5, 1e-5));
  EXPECT_FALSE(at::allclose(t5.encoder(padded, at::ones_like(mask)).narrow(1, 0, 4), alone, 1e-2, 1e-2)) << "the mask must matter";
}

TEST_P(T5Test, TheOrderOfTokensMatters) {
  Trainable t5(small(GetParam()));
  Tensor ids = at::tensor({5, 9, 12, 1}, at::kLong).unsqueeze(0), mask = at::ones_like(ids);
  Tensor forward = t5.encoder(ids, mask), backward = t5.encoder(ids.flip(1), mask).flip(1);
  EXPECT_GT((forward - backward).abs().max().item<double>(), 1e-3);
}

TEST_P(T5Test, TheFastPathAgreesWithTheTrainingPath) {
  Trainable t5(small(GetParam()));
  Tensor ids = at::tensor({5, 9, 12, 1, 3, 1, 0, 0}, at::kLong).view({2, 4}), mask = (ids != 0).to(at::kLong);
  Tensor training = t5.encoder(ids, mask).detach();
  at::NoGradGuard inference;
  EXPECT_LT((t5.encoder(ids, mask) - training).abs().max().item<double>(), 1e-5);
}

TEST_P(T5Test, EveryParameterReceivesAGradient) {
  Trainable t5(small(GetParam()));
  Tensor ids = at::arange(40, at::kLong).view({4, 10});
  Tensor states = t5.encoder(ids, at::ones_like(ids));
  auto generator = base::generator(3);
  (states * base::randn(states.sizes(), generator)).sum().backward();
  size_t biases = 0;
  for (const auto& [name, parameter] : t5.weights.parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_GT(parameter.grad().abs().max().item<double>(), 0) << name;
    biases += name.ends_with("relative_attention_bias.weight");
  }
  EXPECT_EQ(biases, GetParam() ? 3u : 1u);
  EXPECT_TRUE(t5.weights.parameters().contains("encoder.block.0.layer.1.DenseReluDense.wi_0.weight"));
}

TEST_P(T5Test, StartsAsT5DoesSoThatLogitsAreOfOrderOne) {
  T5Config config = small(GetParam());
  auto start = T5Encoder::init(config);
  EXPECT_DOUBLE_EQ(start("text.shared.weight", {40, 24}).deviation, 1);
  EXPECT_DOUBLE_EQ(start("encoder.block.0.layer.0.SelfAttention.q.weight", {18, 24}).deviation, std::pow(24 * 6, -0.5));
  EXPECT_DOUBLE_EQ(start("encoder.block.0.layer.0.SelfAttention.k.weight", {18, 24}).deviation, std::pow(24, -0.5));
  EXPECT_DOUBLE_EQ(start("encoder.block.0.layer.0.SelfAttention.o.weight", {24, 18}).deviation, std::pow(18, -0.5));
  EXPECT_DOUBLE_EQ(start("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", {32, 3}).deviation, std::pow(24, -0.5));
  EXPECT_DOUBLE_EQ(start("encoder.block.0.layer.1.DenseReluDense.wo.weight", {24, 40}).deviation, std::pow(40, -0.5));
  EXPECT_DOUBLE_EQ(start("encoder.final_layer_norm.weight", {24}).mean, 1);
}

TEST(T5Encoder, ReadsTheEmbeddingUnderEitherName) {
  struct Renamed : tensor::WeightSource {
    explicit Renamed(tensor::WeightSource& base) : base(base) {}
    Tensor get(const std::string& name, at::IntArrayRef shape) override {
      return base.get(name == "encoder.embed_tokens.weight" ? "shared.weight" : name, shape);
    }
    bool has(const std::string& name) const override { return name != "shared.weight"; }
    tensor::WeightSource& base;
  };
  Trainable t5(small(false));
  Renamed renamed(t5.weights);
  T5Encoder other(tensor::Weights(renamed), small(false));
  EXPECT_TRUE(at::equal(other.embedding.weight, t5.encoder.embedding.weight));
}

TEST(T5Encoder, ComputesInHalfPrecisionCloseToSingle) {
  Trainable t5(small(true));
  tensor::TensorMap weights(t5.weights.parameters(), {at::kCPU, at::kBFloat16});
  T5Encoder half(tensor::Weights(weights), small(true));
  at::NoGradGuard inference;
  Tensor ids = at::arange(1, 11, at::kLong).unsqueeze(0), mask = at::ones_like(ids);
  Tensor states = half(ids, mask);
  EXPECT_EQ(states.scalar_type(), at::kBFloat16);
  Tensor exact = t5.encoder(ids, mask);
  EXPECT_LT((states.to(at::kFloat) - exact).norm().item<double>() / exact.norm().item<double>(), 0.05);
}

}  // namespace
}  // namespace zoetrope::text
