#include "zoetrope/nn/attention.h"

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::nn {
namespace {

TEST(Attend, IsTheSameWithAndWithoutGradients) {
  at::Generator generator = base::generator(1);
  Tensor q = base::randn({2, 3, 5, 8}, generator), k = base::randn({2, 3, 7, 8}, generator), v = base::randn({2, 3, 7, 8}, generator);
  Tensor mask = at::tensor({1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, at::kLong).view({2, 7});
  for (const Tensor& bias : {Tensor(), mask_bias(mask, at::kFloat)}) {
    Tensor written_out = attention(q, k, v, bias);
    at::NoGradGuard no_grad;
    EXPECT_TRUE(at::allclose(written_out, attention(q, k, v, bias), 1e-5, 1e-6));
  }
}

TEST(Attend, ChoosesItsBackEndByLengthDtypeAndGradients) {
  auto chosen = [](int64_t tokens, at::ScalarType dtype = at::kFloat, const Tensor& bias = {}) {
    Tensor q = at::zeros({1, 1, 1, 128}, dtype).expand({1, 12, tokens, 128});
    return attention_backend(q, q, bias);
  };
  EXPECT_EQ(chosen(576), AttentionBackend::plain);
  EXPECT_EQ(chosen(1500), AttentionBackend::fused);
  EXPECT_EQ(chosen(1500, at::kBFloat16), AttentionBackend::plain);
  EXPECT_EQ(chosen(32760, at::kBFloat16), AttentionBackend::fused);
  EXPECT_EQ(chosen(1500, at::kFloat, at::zeros({1}).requires_grad_(true)), AttentionBackend::plain) << "the bias needs a gradient, too";
  at::NoGradGuard no_grad;
  EXPECT_EQ(chosen(36), AttentionBackend::fused);
}

TEST(Attend, BothBackEndsHaveTheSameGradients) {
  Tensor mask = at::ones({2, 7}, at::kLong);
  mask[1].narrow(0, 4, 3).zero_();
  auto gradients = [&](AttentionBackend backend) {
    at::Generator generator = base::generator(1);
    std::vector<Tensor> qkv;
    for (int64_t length : {5, 7, 7}) qkv.push_back(base::randn({2, 3, length, 8}, generator).requires_grad_(true));
    attention(qkv[0], qkv[1], qkv[2], mask_bias(mask, at::kFloat), /*scale=*/.5, backend).square().sum().backward();
    return std::vector<Tensor>{qkv[0].grad(), qkv[1].grad(), qkv[2].grad()};
  };
  std::vector<Tensor> plain = gradients(AttentionBackend::plain), fused = gradients(AttentionBackend::fused);
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(at::allclose(plain[i], fused[i], 1e-4, 1e-6));
}

/// The bias that says the same as `causal`, [N,M], for queries that are the last of M tokens.
Tensor bias_of(const BlockCausal& causal, int64_t queries, int64_t keys) {
  Tensor block = at::arange(keys).div(causal.size, "floor");
  Tensor own = block.narrow(0, keys - queries, queries).unsqueeze(1), of_key = block.unsqueeze(0);
  Tensor seen = of_key <= own;
  if (causal.window) seen = seen & ((own - of_key < *causal.window) | (of_key == 0));
  return at::zeros({queries, keys}).masked_fill_(seen.logical_not(), -30000.0);
}

TEST(BlockCausal, IsAttentionWithABias) {
  at::Generator generator = base::generator(1);
  for (int64_t queries : {12, 6, 3})
    for (std::optional<int64_t> window : {std::optional<int64_t>(), {1}, {2}, {3}, {9}}) {
      std::vector<Tensor> qkv;
      for (int64_t length : {queries, int64_t{12}, int64_t{12}}) qkv.push_back(base::randn({2, 2, length, 8}, generator));
      auto gradients = [&](auto&& attend) {
        std::vector<Tensor> leaves, results;
        for (const Tensor& t : qkv) leaves.push_back(t.clone().requires_grad_(true));
        results.push_back(attend(leaves[0], leaves[1], leaves[2]));
        results[0].square().sum().backward();
        for (const Tensor& t : leaves) results.push_back(t.grad());
        return results;
      };
      BlockCausal causal{3, window};
      auto by_block = gradients([&](auto&... t) { return block_causal_attention(t..., causal); });
      auto biased = gradients([&](auto&... t) { return attention(t..., bias_of(causal, queries, 12)); });
      for (size_t i = 0; i < biased.size(); ++i) EXPECT_TRUE(at::allclose(by_block[i], biased[i], 1e-4, 1e-5)) << queries << " " << i;
    }
}

TEST(MaskBias, HidesWhatIsMasked) {
  at::NoGradGuard no_grad;
  at::Generator generator = base::generator(1);
  Tensor q = base::randn({1, 1, 2, 8}, generator), k = base::randn({1, 1, 4, 8}, generator), v = base::randn({1, 1, 4, 8}, generator);
  Tensor bias = mask_bias(at::tensor({1, 1, 0, 0}, at::kLong).view({1, 4}), at::kFloat);
  EXPECT_TRUE(at::allclose(attention(q, k, v, bias), attention(q, k.narrow(2, 0, 2), v.narrow(2, 0, 2)), 1e-5, 1e-6));
}

TEST(Attention, OfOneTokenIsItsValue) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  Attention attention(Weights(weights), 16, 12, 2);
  at::Generator generator = base::generator(1);
  Tensor x = base::randn({1, 3, 16}, generator), context = base::randn({1, 1, 12}, generator);
  Tensor value = attention.to_out(attention.to_v(context)).expand({1, 3, 16});
  EXPECT_TRUE(at::allclose(attention(x, attention.keys_values(context), at::zeros({1, 1, 1, 1})), value, 1e-5, 1e-6));
}

}  // namespace
}  // namespace zoetrope::nn
