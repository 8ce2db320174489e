#include "zoetrope/training/ema.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

TEST(Ema, BeginsAtTheParametersAndFollowsThemSlowly) {
  std::map<std::string, Tensor> parameters{{"w", at::full({2}, 4.0)}};
  Ema ema(parameters, 0.75);
  parameters["w"].fill_(8);
  EXPECT_EQ(ema.values().at("w")[0].item<float>(), 4);  // a copy
  ema.update(parameters, 1000);
  EXPECT_FLOAT_EQ(ema.values().at("w")[0].item<float>(), 5);
  ema.update(parameters, 1001);
  EXPECT_FLOAT_EQ(ema.values().at("w")[1].item<float>(), 5.75);
}

TEST(Ema, SoonForgetsTheStart) {
  std::map<std::string, Tensor> parameters{{"w", at::zeros({1})}};
  Ema ema(parameters, 0.999);
  parameters["w"].fill_(1);
  ema.update(parameters, 0);
  EXPECT_FLOAT_EQ(ema.values().at("w").item<float>(), 0.9f);  // a tenth stays: (1 + 0) / (10 + 0)
}

TEST(Ema, SwappedTwiceIsAsBefore) {
  std::map<std::string, Tensor> parameters{{"w", at::ones({3}).requires_grad_()}};
  Ema ema(parameters, 0.5);
  ema.load({{"w", at::full({3}, 7.0)}});
  ema.swap(parameters);
  EXPECT_EQ(parameters["w"][0].item<float>(), 7);
  EXPECT_EQ(ema.values().at("w")[0].item<float>(), 1);
  ema.swap(parameters);
  EXPECT_EQ(parameters["w"][0].item<float>(), 1);
  EXPECT_EQ(ema.values().at("w")[0].item<float>(), 7);
}

TEST(Ema, RefusesValuesOfAnotherModel) {
  Ema ema({{"w", at::ones({3})}}, 0.5);
  EXPECT_THROW(ema.load({{"v", at::ones({3})}}), base::Error);
  EXPECT_THROW(ema.load({{"w", at::ones({4})}}), base::Error);
}

}  // namespace
}  // namespace zoetrope::training
