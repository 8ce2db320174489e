#include "zoetrope/world/motion.h"

#include <numbers>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace zoetrope::world
