#include "zoetrope/training/average.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

TEST(Average, BeginsAtTheParametersAndFollowsThemSlowly) {
  std::map<std::string, Tensor> parameters{{"w", at::full({2}, 4.0)}};
  Average average(parameters, 0.75);
  parameters["w"].fill_(8);
  EXPECT_EQ(average.values().at("w")[0].item<float>(), 4);  // a copy
  average.update(parameters, 1000);
  EXPECT_FLOAT_EQ(average.values().at("w")[0].item<float>(), 5);
  average.update(parameters, 1001);
  EXPECT_FLOAT_EQ(average.values().at("w")[1].item<float>(), 5.75);
}

TEST(Average, SoonForgetsTheStart) {
  std::map<std::string, Tensor> parameters{{"w", at::zeros({1})}};
  Average average(parameters, 0.999);
  parameters["w"].fill_(1);
  average.update(parameters, 0);
  EXPECT_FLOAT_EQ(average.values().at("w").item<float>(), 0.9f);  // a tenth stays: (1 + 0) / (10 + 0)
}

TEST(Average, SwappedTwiceIsAsBefore) {
  std::map<std::string, Tensor> parameters{{"w", at::ones({3}).requires_grad_()}};
  Average average(parameters, 0.5);
  average.load({{"w", at::full({3}, 7.0)}});
  average.swap(parameters);
  EXPECT_EQ(parameters["w"][0].item<float>(), 7);
  EXPECT_EQ(average.values().at("w")[0].item<float>(), 1);
  average.swap(parameters);
  EXPECT_EQ(parameters["w"][0].item<float>(), 1);
  EXPECT_EQ(average.values().at("w")[0].item<float>(), 7);
}

TEST(Average, RefusesValuesOfAnotherModel) {
  Average average({{"w", at::ones({3})}}, 0.5);
  EXPECT_THROW(average.load({{"v", at::ones({3})}}), base::Error);
  EXPECT_THROW(average.load({{"w", at::ones({4})}}), base::Error);
}

}  // namespace
}  // namespace zoetrope::training
