#include "zoetrope/vision/recogniser/frame_classifier.h"

#include <gtest/gtest.h>

#include "tests/vision/tiny_recogniser.h"

namespace zoetrope::vision {
namespace {

constexpr FrameClasses classes{.objects = 4, .colours = 2, .scenes = 3};

Tensor images(at::IntArrayRef shape) {
  at::Generator generator = base::generator(5);
  return at::rand(shape, generator);
}

std::vector<Tensor> parts(const FrameLogits& l) { return {l.object, l.colour, l.scene, l.count, l.mask, l.rotation, l.features}; }

struct FrameNetworkTest : testing::Test {
  tensor::TrainableWeights weights{1, tensor::lecun_normal};
  FrameClassifier network{tensor::Weights(weights), test::tiny_frame(), classes};
};

TEST_F(FrameNetworkTest, SaysSomethingOfEachFrameWhateverItsShape) {
  FrameLogits said = network(images({2, 3, 64, 40}));
  EXPECT_EQ(said.object.sizes(), at::IntArrayRef({2, 4}));
  EXPECT_EQ(said.colour.sizes(), at::IntArrayRef({2, 2}));
  EXPECT_EQ(said.scene.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_EQ(said.count.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_EQ(said.mask.sizes(), at::IntArrayRef({2, 32, 20}));
  EXPECT_EQ(said.rotation.sizes(), at::IntArrayRef({2, 6}));
  EXPECT_EQ(said.features.sizes(), at::IntArrayRef({2, 8}));
}

TEST_F(FrameNetworkTest, JudgesEachFrameByItself) {
  Tensor frames = images({3, 3, 32, 32});
  std::vector<Tensor> together = parts(network(frames)), alone = parts(network(frames.narrow(0, 1, 1)));
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(at::allclose(together[i].narrow(0, 1, 1), alone[i], 1e-4, 1e-5)) << i;
}

TEST_F(FrameNetworkTest, TrainsEveryParameter) {
  Tensor sum = at::zeros({});
  for (const Tensor& part : parts(network(images({2, 3, 32, 32})))) sum = sum + part.square().sum();
  sum.backward();
  for (const auto& [name, parameter] : weights.parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    const bool lost = name == "attention.bias";  // what a glance adds to all cells alike is lost in its softmax
    EXPECT_TRUE(lost || parameter.grad().abs().max().item<float>() > 0) << name;
  }
}

TEST(ConvUnit, HalvesTheSidesWithAStrideAndForgetsTheScaleOfItsInput) {
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  ConvUnit unit(tensor::Weights(weights), 3, 16, 2);
  Tensor x = images({1, 3, 16, 24});
  EXPECT_EQ(unit(x).sizes(), at::IntArrayRef({1, 16, 8, 12}));
  EXPECT_TRUE(at::allclose(unit(x), unit(7 * x), 1e-3, 1e-3));
}

}  // namespace
}  // namespace zoetrope::vision
