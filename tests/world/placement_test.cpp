#include "zoetrope/world/placement.h"

#include <gtest/gtest.h>

#include "zoetrope/world/motion.h"
#include "zoetrope/world/sprite.h"

namespace zoetrope::world {
namespace {

Scenario placed(const std::string& motion, Direction direction, uint64_t seed, double seconds = 2) {
  Object o;
  o.name = "car", o.motion = motion, o.direction = direction, o.size = .35;
  Scenario s;
  s.scene = "meadow", s.seconds = seconds;
  s.objects = {o};
  base::Rng rng(seed);
  place_objects(s, rng);
  return s;
}

TEST(Placement, WhatStandsTouchesTheGround) {
  for (const char* motion : {"stands", "slides", "hops", "walks", "topples"}) {
    Scenario s = placed(motion, Direction::right, 1);
    EXPECT_NEAR(s.objects[0].y + sprite("car", "")->outline().bottom * .35, s.ground, 1e-12) << motion;
  }
}

TEST(Placement, DirectionDecidesTheSignOfSpeed) {
  for (const char* motion : {"rolls", "slides", "flies", "hops", "walks", "collides"}) {
    EXPECT_LT(placed(motion, Direction::left, 2).objects[0].speed, 0) << motion;
    EXPECT_GT(placed(motion, Direction::right, 2).objects[0].speed, 0) << motion;
  }
}

TEST(Placement, LongClipsGoSlowerAndStayInThePicture) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Scenario s = placed("flies", Direction::right, seed, 12);
    EXPECT_LT(s.objects[0].speed, .1);
    EXPECT_LT(move(s, {12})[0][0].x, 1);
  }
}

TEST(Placement, TheSameDiceGiveTheSamePlace) {
  EXPECT_EQ(placed("spins", Direction::none, 5).objects[0].x, placed("spins", Direction::none, 5).objects[0].x);
  EXPECT_NE(placed("spins", Direction::none, 5).objects[0].x, placed("spins", Direction::none, 6).objects[0].x);
}

TEST(Placement, WhatTopplesLiesInThePicture) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_LT(move(placed("topples", Direction::right, seed), {2})[0][0].x, .9);
    EXPECT_GT(move(placed("topples", Direction::left, seed), {2})[0][0].x, .1);
  }
}

TEST(Placement, TheLargestSizeFitsWhereSomethingGrows) {
  for (uint64_t seed = 0; seed < 20; ++seed)
    for (const char* motion : {"grows", "shrinks"}) {
      Scenario s = placed(motion, Direction::none, seed);
      for (double time : {0., 2.}) {
        Pose p = move(s, {time})[0][0];
        const Outline o = sprite("car", "")->outline();
        EXPECT_GE(p.x - o.left * p.size, -1e-9);
        EXPECT_LE(p.x + o.right * p.size, 1 + 1e-9);
        EXPECT_GE(p.y - o.top * p.size, -1e-9);
      }
    }
}

}  // namespace
}  // namespace zoetrope::world
