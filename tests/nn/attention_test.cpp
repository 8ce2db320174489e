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
  EXPECT_TRUE(at::allclose(attention(x, context, at::zeros({1, 1, 1, 1})), value, 1e-5, 1e-6));
}

}  // namespace
}  // namespace zoetrope::nn
