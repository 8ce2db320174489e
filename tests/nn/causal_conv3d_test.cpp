#include "zoetrope/nn/causal_conv3d.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::nn {
namespace {

TEST(CausalConv3d, SeesTheSameInChunksAsInTheWhole) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_start);
  CausalConv3d conv(tensor::Weights(weights), 3, 5, {3, 3, 3});
  Tensor x = draw({2, 3, 7, 4, 6});
  std::vector<Tensor> total_memory, memory, parts;
  Past whole(total_memory);
  Tensor expected = conv(x, whole);
  EXPECT_EQ(expected.sizes(), (std::vector<int64_t>{2, 5, 7, 4, 6}));
  for (auto [start, count] : {std::pair{0, 1}, {1, 1}, {2, 4}, {6, 1}}) {
    Past past(memory);
    parts.push_back(conv(x.narrow(2, start, count), past));
    EXPECT_EQ(memory.size(), 2u) << "frames";
    EXPECT_EQ(memory.back().size(2), 1);
  }
  EXPECT_TRUE(at::allclose(at::cat(parts, 2), expected, 1e-5, 1e-6));
}

TEST(CausalConv3d, SeesTheSameFrameByFrame) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_start);
  CausalConv3d first(tensor::Weights(weights) / "first", 3, 4, {3, 3, 3}), second(tensor::Weights(weights) / "second", 4, 2, {3, 1, 1});
  Tensor x = draw({1, 3, 7, 4, 6});
  std::vector<Tensor> total_memory, memory, parts;
  Past whole(total_memory);
  Tensor expected = second(first(x, whole), whole);
  for (auto [start, count] : {std::pair{0, 3}, {3, 4}}) {
    Past past(memory);
    parts.push_back(frame_by_frame(x.narrow(2, start, count), past, [&](const Tensor& frame) { return second(first(frame, past), past); }));
    EXPECT_EQ(memory.size(), 4u) << "frames";
  }
  EXPECT_TRUE(at::allclose(at::cat(parts, 2), expected, 1e-5, 1e-6));
}

TEST(CausalConv3d, SeesNothingOfWhatComesLater) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_start);
  CausalConv3d conv(tensor::Weights(weights), 3, 5, {3, 3, 3});
  Tensor x = draw({1, 3, 5, 4, 4}), other = x.clone();
  other.narrow(2, 3, 2).zero_();
  std::vector<Tensor> a, b;
  Past past_a(a), past_b(b);
  EXPECT_TRUE(conv(x, past_a).narrow(2, 0, 3).equal(conv(other, past_b).narrow(2, 0, 3)));
}

TEST(Past, GivesBackWhatEachLayerHadInItsTurn) {
  std::vector<Tensor> memory;
  Tensor x = draw({1, 1, 2, 1, 1}), y = draw({1, 2, 3, 1, 1});
  {
    Past past(memory);
    EXPECT_TRUE(past.first_chunk());
    EXPECT_EQ(past.behind(x, 1).narrow(2, 0, 1).abs().max().item<float>(), 0);
    past.skip(2);
    past.behind(y, 2);
  }
  Past past(memory);
  EXPECT_FALSE(past.first_chunk());
  EXPECT_TRUE(past.behind(x, 1).narrow(2, 0, 1).equal(x.narrow(2, 1, 1)));
  EXPECT_EQ(past.behind(x, 2).narrow(2, 0, 2).abs().max().item<float>(), 0);  // the layer that was skipped has zeros
  EXPECT_TRUE(past.behind(y, 2).narrow(2, 0, 2).equal(y.narrow(2, 1, 2)));
}

}  // namespace
}  // namespace zoetrope::nn
