#include "zoetrope/nn/causal_conv3d.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::nn {
namespace {

TEST(CausalConv3d, SeesTheSameInChunksAsInTheWhole) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  CausalConv3d conv(tensor::Weights(weights), 3, 5, {3, 3, 3});
  Tensor x = draw({2, 3, 7, 4, 6});
  FeatureCache whole, cache;
  std::vector<Tensor> parts;
  Tensor expected = conv(x, whole);
  EXPECT_EQ(expected.sizes(), (std::vector<int64_t>{2, 5, 7, 4, 6}));
  for (auto [start, count] : {std::pair{0, 1}, {1, 1}, {2, 4}, {6, 1}}) {
    parts.push_back(conv(x.narrow(2, start, count), cache));
    EXPECT_EQ(cache.slot(conv.name).size(), 2u) << "frames";
    EXPECT_EQ(cache.slot(conv.name).back().size(2), 1);
  }
  EXPECT_TRUE(at::allclose(at::cat(parts, 2), expected, 1e-5, 1e-6));
}

TEST(CausalConv3d, SeesTheSameFrameByFrame) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  CausalConv3d first(tensor::Weights(weights) / "first", 3, 4, {3, 3, 3}), second(tensor::Weights(weights) / "second", 4, 2, {3, 1, 1});
  Tensor x = draw({1, 3, 7, 4, 6});
  FeatureCache whole, cache;
  std::vector<Tensor> parts;
  Tensor expected = second(first(x, whole), whole);
  for (auto [start, count] : {std::pair{0, 3}, {3, 4}}) {
    parts.push_back(map_frames(x.narrow(2, start, count), [&](const Tensor& frame) { return second(first(frame, cache), cache); }));
    EXPECT_EQ(cache.slots().size(), 2u);
    for (const auto& [layer, frames] : cache.slots()) EXPECT_EQ(frames.size(), 2u) << layer;
  }
  EXPECT_TRUE(at::allclose(at::cat(parts, 2), expected, 1e-5, 1e-6));
}

TEST(CausalConv3d, SeesNothingOfWhatComesLater) {
  at::NoGradGuard no_grad;
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  CausalConv3d conv(tensor::Weights(weights), 3, 5, {3, 3, 3});
  Tensor x = draw({1, 3, 5, 4, 4}), other = x.clone();
  other.narrow(2, 3, 2).zero_();
  FeatureCache a, b;
  EXPECT_TRUE(conv(x, a).narrow(2, 0, 3).equal(conv(other, b).narrow(2, 0, 3)));
}

TEST(FeatureCache, KeepsTheFramesOfEachLayerUnderItsName) {
  FeatureCache cache;
  Tensor x = draw({1, 1, 2, 1, 1}), y = draw({1, 2, 3, 1, 1});
  EXPECT_TRUE(cache.first_chunk());
  EXPECT_EQ(cache.prepend("x", x, 1).narrow(2, 0, 1).abs().max().item<float>(), 0);
  cache.prepend("y", y, 2);
  cache.end_chunk();
  EXPECT_FALSE(cache.first_chunk());
  EXPECT_TRUE(cache.prepend("y", y, 2).narrow(2, 0, 2).equal(y.narrow(2, 1, 2)));  // in any order
  EXPECT_TRUE(cache.prepend("x", x, 1).narrow(2, 0, 1).equal(x.narrow(2, 1, 1)));
  EXPECT_EQ(cache.prepend("new", x, 2).narrow(2, 0, 2).abs().max().item<float>(), 0);  // a layer that has seen nothing has zeros
}

}  // namespace
}  // namespace zoetrope::nn
