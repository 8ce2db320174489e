#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "zoetrope/world/motion.h"
#include "zoetrope/world/sprite.h"

namespace zoetrope::world {
namespace {

constexpr double ground = .9;

Object object(const std::string& name, const std::string& motion, double x, double speed = 0, Direction direction = Direction::none) {
  Object o;
  o.name = name, o.colour = name == "square" || name == "circle" ? "red" : "";
  o.motion = motion, o.direction = direction;
  o.size = .3, o.x = x, o.speed = speed;
  const Outline outline = sprite(o.name, o.colour)->outline();
  o.y = ground - (motion == "rolls" ? wheel_radius(outline) : outline.bottom) * o.size;
  return o;
}

std::vector<std::vector<Pose>> moved(std::vector<Object> objects, double seconds, int per_second = 100) {
  Scenario s;
  s.scene = "meadow";
  s.ground = ground;
  s.objects = std::move(objects);
  std::vector<double> times;
  for (int i = 0; i <= seconds * per_second; ++i) times.push_back(static_cast<double>(i) / per_second);
  return move(s, times);
}

TEST(Simulation, WhatFallsFollowsGalileoUntilItLands) {
  Object ball = object("circle", "falls", .5);
  const double floor = ball.y;
  ball.y -= .4;
  auto p = moved({ball}, 2);
  for (int i = 0; i < 95; ++i) EXPECT_NEAR(p[i][0].y - ball.y, .5 * gravity * i * i * 1e-4, .004) << i;
  EXPECT_NEAR(p[200][0].y, floor, .005);
  EXPECT_EQ(p[200][0].x, .5);
  EXPECT_NEAR(p[200][0].angle, 0, 1e-6);
}

TEST(Simulation, WhatRollsDoesNotSlip) {
  Object wheel = object("square", "rolls", .2, .25, Direction::right);
  const double radius = wheel_radius(sprite("square", "red")->outline()) * wheel.size;
  auto p = moved({wheel}, 2);
  EXPECT_NEAR(p[200][0].x - p[0][0].x, .5, .01);
  for (int i = 0; i <= 200; i += 20) EXPECT_NEAR(p[i][0].angle * radius, p[i][0].x - p[0][0].x, .005);
}

TEST(Simulation, EachBounceIsLowerByTheSquareOfTheRestitution) {
  Object ball = object("circle", "bounces", .5);
  const double floor = ball.y;
  ball.y -= .25;
  auto p = moved({ball}, 4);
  std::vector<double> tops;
  for (size_t i = 1; i + 1 < p.size(); ++i)
    if (p[i][0].y < p[i - 1][0].y && p[i][0].y <= p[i + 1][0].y) tops.push_back(floor - p[i][0].y);
  ASSERT_GE(tops.size(), 2u);
  EXPECT_NEAR(tops[0], .25 * .88 * .88, .012);
  EXPECT_NEAR(tops[1], tops[0] * .88 * .88, .012);
}

TEST(Simulation, FrictionStopsWhatSlidesInItsTime) {
  Object box = object("square", "slides", .2, .5, Direction::right);
  auto p = moved({box}, 2.5);
  EXPECT_NEAR(p[250][0].x - .2, .5 * slide_seconds / 2, .01);  // even braking: half of speed times time
  EXPECT_GT(p[140][0].x - p[130][0].x, .0005);
  EXPECT_NEAR(p[250][0].x, p[160][0].x, 1e-4);
  EXPECT_NEAR(p[250][0].angle, 0, 1e-6);
}

TEST(Simulation, WhatTopplesLiesOnItsSide) {
  for (const char* name : {"cat", "square", "banana"}) {
    auto right = moved({object(name, "topples", .5, 0, Direction::right)}, 2.5),
         left = moved({object(name, "topples", .5, 0, Direction::left)}, 2.5);
    EXPECT_NEAR(right[250][0].angle, std::numbers::pi / 2, .05) << name;
    EXPECT_NEAR(left[250][0].angle, -std::numbers::pi / 2, .05) << name;
    EXPECT_GT(right[250][0].x, .5) << name;
  }
}

TEST(Simulation, ACollisionHandsOnMomentum) {
  Object first = object("square", "collides", .2, .4, Direction::right), second = object("square", "stands", .62);
  auto p = moved({first, second}, 1.5);
  auto speed = [&](int i, int which) { return (p[i + 1][which].x - p[i][which].x) * 100; };
  EXPECT_NEAR(p[20][1].x, .62, 1e-6);
  int hit = 0;
  while (hit < 149 && speed(hit, 1) < .05) ++hit;
  ASSERT_LT(hit, 149);
  EXPECT_NEAR(speed(hit + 4, 0) + speed(hit + 4, 1), speed(hit - 4, 0), .03);  // equal masses; friction takes a little
  EXPECT_GT(speed(hit + 4, 1), speed(hit + 4, 0));
  for (const auto& poses : p) EXPECT_GT(poses[1].x - poses[0].x, .27 - .005);  // they never overlap
}

TEST(Simulation, ObjectsPassEachOtherUnlessTheMotionIsAboutMeeting) {
  auto p = moved({object("square", "rolls", .2, .3, Direction::right), object("square", "rolls", .8, -.3, Direction::left)}, 2);
  EXPECT_NEAR(p[200][0].x, .8, .02);
  EXPECT_NEAR(p[200][1].x, .2, .02);
}

TEST(Simulation, AMomentDoesNotDependOnTheOthersThatAreAsked) {
  Object ball = object("circle", "bounces", .5);
  ball.y -= .2;
  Scenario s;
  s.scene = "meadow", s.ground = ground, s.objects = {ball};
  auto all = move(s, {0, .1, .3333, .7, 1.01}), one = move(s, {.7}), none = move(s, {0});
  EXPECT_EQ(all[3][0].y, one[0][0].y);
  EXPECT_NEAR(none[0][0].y, ball.y, 1e-6);
  EXPECT_EQ(none[0][0].size, ball.size);
}

}  // namespace
}  // namespace zoetrope::world
