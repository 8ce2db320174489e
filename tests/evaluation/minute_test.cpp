#include "zoetrope/evaluation/minute.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t long_clips = 2, window = 9;
constexpr uint64_t minute_seed = 9;

world::Settings lasting_settings() {
  world::Settings settings = test::small_world();
  settings.motions = {"paces", "hovers", "rolls"};
  return settings;
}

struct Minute : testing::Test {
  Minute() {
    defaults.width = defaults.height = 48;
    defaults.frames = 81;
    defaults.fps = {8, 1};
  }
  Report evaluate(const Generator& generate) {
    tensor::TensorMap source(weights);
    return minute({tensor::Weights(source), names}, world, defaults, window, long_clips, minute_seed, generate, observer);
  }
  static double value(const Report& report, const std::string& name) {
    for (const Score& score : report.scores)
      if (score.name == name) return score.value;
    throw base::Error("there is no score {}", name);
  }
  static vision::RecogniserConfig judge() {
    vision::RecogniserConfig config = recogniser_of(lasting_settings());
    config.frame = vision::test::tiny_frame();
    config.motion = vision::test::tiny_motion();
    return config;
  }

  vision::RecogniserConfig names = judge();
  std::map<std::string, Tensor> weights = vision::test::random_weights(names);
  generation::Request defaults;
  world::World world = lasting_world(held_out_world(lasting_settings(), minute_seed));
  base::Observer observer;
};

TEST_F(Minute, AsksInOnePieceAndStretchByStretch) {
  std::vector<generation::Request> asked;
  const Report report = evaluate([&](const generation::Request& r) {
    asked.push_back(r);
    return at::zeros({r.frames, r.height, r.width, 3});
  });
  EXPECT_EQ(report.clips, 2 * long_clips);
  ASSERT_EQ(asked.size(), 2u * long_clips);
  EXPECT_TRUE(asked[0].prompts.empty());
  ASSERT_EQ(asked[1].prompts.size(), 2u);
  EXPECT_EQ(asked[1].prompt, asked[0].prompt);
  EXPECT_NEAR(asked[1].prompts[0].seconds, 27 / 8., 1e-9);
  EXPECT_EQ(asked[0].frames, 81);
}

TEST_F(Minute, TellsALossOfSharpnessAndAChangeOfTheBackground) {
  weights["frame.mask_out.bias"].fill_(-10);  // sees no object anywhere: all of an image is background
  const Report report = evaluate([&](const generation::Request& r) {
    const world::Scenario s = world.scenario(r.seed - minute_seed, shape_of(r));
    Tensor frames = world::render(s, shape_of(r)).frames.to(at::kFloat) / 255;
    frames.slice(0, r.frames - window).mul_(.5).add_(.4);  // flatter and brighter at the end
    return frames;
  });
  EXPECT_NEAR(value(report, "steady first sharpness"), 1, 1e-6);
  EXPECT_NEAR(value(report, "steady middle sharpness"), 1, .2);
  EXPECT_NEAR(value(report, "steady last sharpness"), .5, .1);
  EXPECT_GT(value(report, "steady last background_drift"), 2 * value(report, "steady middle background_drift"));
}

TEST_F(Minute, GivesDrawnClipsTheCeiling) {
  const Report report = evaluate([&](const generation::Request& r) {
    return world::render(world.scenario(r.seed - minute_seed, shape_of(r)), shape_of(r)).frames.to(at::kFloat) / 255;
  });
  for (const Score& score : report.scores)
    if (score.name.starts_with("steady")) {
      EXPECT_DOUBLE_EQ(score.value, score.ceiling.value()) << score.name;
    }
}

TEST_F(Minute, TakesOnlyWhatLasts) {
  EXPECT_EQ(world.settings().motions, (std::vector<std::string>{"paces", "hovers"}));
  world::Settings settings = lasting_settings();
  settings.motions = {"rolls", "falls"};
  EXPECT_THAT([&] { lasting_world(world::World(settings)); },
              testing::ThrowsMessage<base::Error>(testing::HasSubstr("rolls, falls come to an end")));
}

TEST_F(Minute, RefusesWhatIsTooShort) {
  defaults.frames = 17;
  EXPECT_THAT([&] { evaluate([](const generation::Request&) { return Tensor(); }); },
              testing::ThrowsMessage<base::Error>(testing::HasSubstr("got 17 frames")));
}

}  // namespace
}  // namespace zoetrope::evaluation
