#include "zoetrope/world/steering.h"

#include <gtest/gtest.h>

#include "tests/world/shapes.h"
#include "zoetrope/world/render.h"
#include "zoetrope/world/split.h"
#include "zoetrope/world/sprite.h"
#include "zoetrope/world/vocabulary.h"
#include "zoetrope/world/world.h"

namespace zoetrope::world {
namespace {

using enum Action;

/// A duck that stands in the middle of a meadow.
Scenario steered(std::vector<Action> actions) {
  Object o;
  o.name = "duck", o.size = .3, o.x = .5;
  Scenario s;
  s.scene = "meadow", s.ground = .85;
  o.y = s.ground - sprite("duck", "")->outline().bottom * o.size;
  s.objects = {o};
  s.steering = Steering{std::move(actions), {"meadow", "beach"}, {{"duck", ""}, {"star", "red"}}};
  return s;
}

/// Where it is at the end of each action.
std::vector<SteeredState> after_each(const Scenario& s) {
  std::vector<double> times;
  for (size_t i = 0; i < s.steering->actions.size(); ++i) times.push_back(static_cast<double>(i + 1) * action_seconds);
  return steer(s, times);
}

TEST(Steering, WalksWhereItIsToldAndFacesThere) {
  auto states = after_each(steered({right, right, none, left, left, left}));
  EXPECT_GT(states[1].pose.x, .6);
  EXPECT_TRUE(states[1].pose.mirrored);  // the duck looks to the left by nature
  EXPECT_LT(states[5].pose.x, states[2].pose.x);
  EXPECT_FALSE(states[5].pose.mirrored);
}

TEST(Steering, StaysInsideHoweverLongItWalks) {
  const Scenario s = steered(std::vector<Action>(40, right));
  const double reach = sprite("duck", "")->outline().left * .3;
  EXPECT_LE(after_each(s).back().pose.x, 1 - reach + 1e-9);
  EXPECT_GT(after_each(s).back().pose.x, .7);
}

TEST(Steering, JumpsAndComesDownAgain) {
  const Scenario s = steered({jump, none, none, none, none, none, none});
  auto states = after_each(s);
  const double standing = s.objects[0].y;
  EXPECT_LT(states[1].pose.y, standing - .1);
  EXPECT_NEAR(states[6].pose.y, standing, 1e-9);
}

TEST(Steering, WhatIsDroppedFallsSooner) {
  auto dropped = after_each(steered({jump, jump, jump, drop, none})), left_alone = after_each(steered({jump, jump, jump, none, none}));
  EXPECT_GT(dropped[3].pose.y, left_alone[3].pose.y + .1);
}

TEST(Steering, GrowsWithItsFeetOnTheGround) {
  const Scenario s = steered({grow, grow});
  const Pose p = after_each(s).back().pose;
  EXPECT_NEAR(p.size, .3 * std::exp(.8 * .5), 1e-9);
  EXPECT_NEAR(p.y + sprite("duck", "")->outline().bottom * p.size, s.ground, 1e-9);
  EXPECT_LT(after_each(steered({shrink, shrink})).back().pose.size, .3);
  EXPECT_LE(after_each(steered(std::vector<Action>(40, grow))).back().pose.size, .5);
}

TEST(Steering, SceneAndObjectGoRound) {
  auto states = after_each(steered({next_scene, next_object, next_scene, next_object}));
  EXPECT_EQ(states[0].scene, 1u);
  EXPECT_EQ(states[1].object, 1u);
  EXPECT_EQ(states[2].scene, 0u);
  EXPECT_EQ(states[3].object, 0u);
}

TEST(Steering, AnActionRulesTheFramesOfALatentFrame) {
  Scenario s = steered({left, next_scene});
  const Steering& steering = *s.steering;
  EXPECT_EQ(action_at(steering, 0), none);
  for (int frame = 1; frame <= 4; ++frame) EXPECT_EQ(action_at(steering, frame / 16.), left) << frame;
  for (int frame = 5; frame <= 8; ++frame) EXPECT_EQ(action_at(steering, frame / 16.), next_scene) << frame;
  EXPECT_EQ(action_at(steering, 9 / 16.), none);
  const Rendered rendered = render(s, {9, 96, 96, {16, 1}});
  EXPECT_EQ(rendered.truth["steering"][4]["scene"], "meadow");
  EXPECT_EQ(rendered.truth["steering"][5]["scene"], "beach");
  EXPECT_EQ(rendered.truth["steering"][5]["action"], "next scene");
  EXPECT_GT((rendered.frames[5].to(at::kFloat) - rendered.frames[4].to(at::kFloat)).abs().mean().item<double>(), 10);
}

TEST(Steering, TheSameMomentIsTheSameAtEveryFrameRate) {
  const Scenario s = steered({right, jump, left, grow});
  const auto all = steer(s, {.1, .25, .3333, .7, 1}), one = steer(s, {.7});
  EXPECT_EQ(all[3].pose.x, one[0].pose.x);
  EXPECT_EQ(all[3].pose.y, one[0].pose.y);
}

TEST(Steering, DrawnClipsUseEveryActionAndShowNoPairOfTheOtherSplit) {
  for (const Split split : {Split::train, Split::held_out}) {
    Settings settings;
    settings.steered = 1;
    settings.split = split;
    std::set<Action> seen;
    for (uint64_t seed = 0; seed < 150; ++seed) {
      const Scenario s = draw(settings, seed, {65, 96, 96, {16, 1}});
      ASSERT_TRUE(s.steering);
      EXPECT_EQ(s.steering->actions.size(), 16u);
      seen.insert(s.steering->actions.begin(), s.steering->actions.end());
      for (const std::string& scene : s.steering->scenes)
        for (const auto& [name, colour] : s.steering->objects) EXPECT_EQ(held_out(name, colour, scene), split == Split::held_out);
    }
    EXPECT_EQ(seen.size(), action_names.size());
  }
}

TEST(Steering, ExamplesCarryTheirActions) {
  Settings settings;
  settings.steered = 1;
  const World world(settings);
  const data::Example example = world.example(3, clip);
  const Scenario s = world.scenario(3, clip);
  ASSERT_EQ(example.actions.sizes(), (std::vector<int64_t>{33}));
  EXPECT_EQ(example.actions[0].item<int64_t>(), 0);
  EXPECT_EQ(example.actions[8].item<int64_t>(), static_cast<int64_t>(s.steering->actions[1]));
  EXPECT_EQ(example.truth["objects"][0]["motion"], "steered");
  settings.steered = 0;
  EXPECT_FALSE(World(settings).example(3, clip).actions.defined());
}

TEST(Action, AreFoundByName) {
  EXPECT_EQ(find_action("next object"), next_object);
  EXPECT_EQ(name_of(jump), "jump");
  EXPECT_FALSE(find_action("sleep"));
}

}  // namespace
}  // namespace zoetrope::world
