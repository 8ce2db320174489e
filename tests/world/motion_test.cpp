#include "zoetrope/world/motion.h"

#include <numbers>

#include <gtest/gtest.h>

#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

Scenario with(const std::string& motion, double speed, Direction direction = Direction::none) {
  Object o;
  o.name = "cat", o.motion = motion, o.speed = speed, o.direction = direction;
  o.x = .5, o.y = .5, o.size = .3;
  Scenario s;
  s.scene = "meadow";
  s.objects = {o};
  return s;
}

TEST(Motion, FlightIsEvenAlongItsWay) {
  auto p = move(with("flies", -.2, Direction::left), {0, 1, 2});
  EXPECT_NEAR(p[1][0].x, .3, 1e-12);
  EXPECT_NEAR(p[2][0].x, .1, 1e-12);
  EXPECT_NEAR(p[2][0].y, .5, .06);
}

TEST(Motion, FloatingRises) {
  auto p = move(with("floats", .15), {0, 2});
  EXPECT_NEAR(p[1][0].y, .5 - .3, 1e-12);
}

TEST(Motion, SpinningTurnsInPlace) {
  auto p = move(with("spins", .5), {0, 1, 2});
  EXPECT_NEAR(p[1][0].angle, std::numbers::pi, 1e-12);
  EXPECT_NEAR(p[2][0].angle, 2 * std::numbers::pi, 1e-12);
  EXPECT_EQ(p[2][0].x, .5);
}

TEST(Motion, GrowthEndsWithItsTime) {
  auto p = move(with("grows", .5), {0, 1, 2, 5});
  EXPECT_NEAR(p[1][0].size, .45, 1e-12);
  EXPECT_NEAR(p[2][0].size, .6, 1e-12);
  EXPECT_EQ(p[3][0].size, p[2][0].size);
}

TEST(Motion, HopsLeaveTheGroundAndComeBack) {
  auto p = move(with("hops", .2, Direction::right), {0, .25, .5, .75, 1});
  EXPECT_NEAR(p[2][0].y, .5, 1e-12);
  EXPECT_NEAR(p[4][0].y, .5, 1e-12);
  EXPECT_LT(p[1][0].y, .45);
  EXPECT_NEAR(p[4][0].x, .7, 1e-12);
}

TEST(Motion, WalkingSwaysFromOneSideToTheOther) {
  auto p = move(with("walks", .2, Direction::right), {0, .175, .35, .525, .7});
  EXPECT_GT(p[1][0].angle, .1);
  EXPECT_NEAR(p[3][0].angle, -p[1][0].angle, 1e-12);
  EXPECT_LT(p[1][0].y, p[0][0].y);
  EXPECT_NEAR(p[4][0].y, p[0][0].y, 1e-12);
  EXPECT_NEAR(p[4][0].x, .5 + .2 * .7, 1e-12);
}

TEST(Motion, StandingStands) {
  auto p = move(with("stands", 0), {0, 2});
  EXPECT_EQ(p[0][0].x, p[1][0].x);
  EXPECT_EQ(p[0][0].y, p[1][0].y);
}

/// A drawn scenario of one motion, in a clip of `frames`.
Scenario drawn(const std::string& motion, uint64_t seed, int64_t frames = 33) {
  Settings settings;
  settings.motions = {motion};
  settings.camera = false;
  return draw(settings, seed, {frames, 96, 96, {16, 1}});
}

TEST(Motion, WhatLastsIsAliveAndInsideAfterAMinute) {
  for (const Motion& motion : motions()) {
    if (!motion.lasts || motion.name == "stands") continue;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const Scenario s = drawn(motion.name, seed);
      std::vector<double> times;
      for (int i = 0; i < 200; ++i) times.push_back(60 + i * .05);
      double moved = 0;
      const auto poses = move(s, times);
      for (size_t i = 1; i < poses.size(); ++i) {
        const Pose &a = poses[i - 1][0], &b = poses[i][0];
        moved += std::abs(a.x - b.x) + std::abs(a.y - b.y) + std::abs(a.size - b.size) + std::abs(a.angle - b.angle);
        EXPECT_GT(b.x, .05) << motion.name;
        EXPECT_LT(b.x, .95) << motion.name;
        EXPECT_GT(b.y, 0) << motion.name;
        EXPECT_LT(b.y, 1) << motion.name;
      }
      EXPECT_GT(moved, .5) << motion.name;
    }
  }
}

TEST(Motion, WhatLastsIsAsFastInALongClip) {
  for (const Motion& motion : motions())
    if (motion.lasts) {
      EXPECT_EQ(drawn(motion.name, 4).objects[0].speed, drawn(motion.name, 4, 961).objects[0].speed) << motion.name;
    }
}

TEST(Motion, ClipsOfWhatLastsBeginAnywhere) {
  EXPECT_GT(drawn("paces", 1).begin, 0);
  EXPECT_NE(drawn("paces", 1).begin, drawn("paces", 2).begin);
  EXPECT_EQ(drawn("slides", 1).begin, 0);
}

TEST(Motion, WhatGoesToAndFroTurnsRoundAtTheEnds) {
  Scenario s = with("paces", .2);
  s.objects[0].name = "duck", s.objects[0].low = .3, s.objects[0].high = .7;
  auto p = move(s, {0, .5, 1, 1.5, 2, 3, 4});
  EXPECT_NEAR(p[2][0].x, .7, 1e-9);
  EXPECT_NEAR(p[3][0].x, .6, 1e-9);
  EXPECT_NEAR(p[5][0].x, .3, 1e-9);
  EXPECT_NEAR(p[6][0].x, .5, 1e-9);
  EXPECT_TRUE(p[1][0].mirrored);  // the duck looks to the left by nature
  EXPECT_FALSE(p[3][0].mirrored);
  EXPECT_TRUE(p[6][0].mirrored);
}

}  // namespace
}  // namespace zoetrope::world
