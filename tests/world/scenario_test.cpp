#include "zoetrope/world/scenario.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/world/shapes.h"
#include "zoetrope/base/error.h"
#include "zoetrope/world/motion.h"
#include "zoetrope/world/split.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

TEST(Scenario, HoldsTheSplitThatIsAsked) {
  Settings train, held;
  held.split = Split::held_out;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    EXPECT_FALSE(held_out(draw(train, seed, clip)));
    EXPECT_TRUE(held_out(draw(held, seed, clip)));
  }
}

TEST(Scenario, ShowsTheSameThingsInEveryShape) {
  Settings settings;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Scenario a = draw(settings, seed, clip);
    for (const data::ClipShape& shape : {still, tall, wide}) {
      Scenario b = draw(settings, seed, shape);
      EXPECT_EQ(a.scene, b.scene);
      EXPECT_EQ(a.night, b.night);
      EXPECT_EQ(a.objects[0].name, b.objects[0].name);
      EXPECT_EQ(a.objects[0].colour, b.objects[0].colour);
      EXPECT_EQ(a.objects[0].motion, b.objects[0].motion);
      EXPECT_EQ(a.objects[0].direction, b.objects[0].direction);
    }
  }
}

TEST(Scenario, TouchesThePartOfTheWorldThatIsNamedAndNoOther) {
  Settings settings;
  settings.objects = {"cat", "car"};
  settings.shapes = {"star"};
  settings.colours = {"red", "blue"};
  settings.scenes = {"beach", "room"};
  settings.motions = {"falls", "flies"};
  settings.split = Split::all;
  settings.camera = settings.night = false;
  std::set<std::string> names, colours, scenes, motions;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Scenario s = draw(settings, seed, clip);
    names.insert(s.objects[0].name), colours.insert(s.objects[0].colour), scenes.insert(s.scene), motions.insert(s.objects[0].motion);
    EXPECT_FALSE(s.night);
    EXPECT_EQ(s.camera.move, Camera::Move::still);
    EXPECT_GE(s.objects[0].size, settings.smallest);
    EXPECT_LE(s.objects[0].size, settings.largest);
  }
  EXPECT_EQ(names, (std::set<std::string>{"car", "cat", "star"}));
  EXPECT_EQ(colours, (std::set<std::string>{"", "blue", "red"}));
  EXPECT_EQ(scenes, (std::set<std::string>{"beach", "room"}));
  EXPECT_EQ(motions, (std::set<std::string>{"falls", "flies"}));
}

TEST(Scenario, EverythingInTheSettingsComesUpInTraining) {
  Settings settings;
  std::set<std::string> seen;
  int moving_camera = 0, night = 0;
  constexpr int count = 3000;
  for (uint64_t seed = 0; seed < count; ++seed) {
    Scenario s = draw(settings, seed, still);
    seen.insert({s.scene, s.objects[0].name, s.objects[0].colour, s.objects[0].motion});
    moving_camera += s.camera.move != Camera::Move::still, night += s.night;
  }
  for (const auto* list : {&settings.objects, &settings.shapes, &settings.colours, &settings.scenes, &settings.motions})
    for (const std::string& name : *list) EXPECT_TRUE(seen.contains(name)) << name;
  EXPECT_NEAR(static_cast<double>(moving_camera) / count, .2, .05);
  EXPECT_GT(night, count / 8);
}

TEST(Scenario, NeverAsksForWhatCannotBeSeen) {
  Settings settings;
  settings.objects = {};
  settings.shapes = {"circle"};
  settings.motions = {"spins", "flies"};
  for (uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(draw(settings, seed, clip).objects[0].motion, "flies");
  settings.motions = {"spins"};
  EXPECT_THROW(draw(settings, 0, clip), base::Error);
}

TEST(Scenario, ObjectsFaceWhereTheyGo) {
  Settings settings;
  settings.motions = {"flies"};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Object o = draw(settings, seed, clip).objects[0];
    const Emoji* e = o.colour.empty() ? find_emoji(o.name) : nullptr;
    if (!e || e->facing == Facing::front) {
      EXPECT_FALSE(o.mirrored);
    } else {
      EXPECT_EQ(o.mirrored, (e->facing == Facing::left) != (o.direction == Direction::left)) << o.name;
    }
  }
}

TEST(Scenario, MotionIsPlainWithinTwoSecondsAndStaysInView) {
  Settings settings;
  settings.camera = false;
  for (const data::ClipShape& shape : {clip, tall, wide})
    for (uint64_t seed = 0; seed < 300; ++seed) {
      Scenario s = draw(settings, seed, shape);
      const Object& o = s.objects[0];
      double least_x = 9, most_x = -9, least_y = 9, most_y = -9, size_ratio = 0, turned = 0;
      for (const auto& poses : move(s, {0, .25, .5, .75, 1, 1.25, 1.5, 1.75, 2})) {
        least_x = std::min(least_x, poses[0].x), most_x = std::max(most_x, poses[0].x);
        least_y = std::min(least_y, poses[0].y), most_y = std::max(most_y, poses[0].y);
        size_ratio = poses[0].size / o.size, turned = std::abs(poses[0].angle);
      }
      const double way = std::max(most_x - least_x, most_y - least_y);
      if (o.motion == "spins") {
        EXPECT_GT(turned, 3);
      } else if (o.motion == "grows") {
        EXPECT_GT(size_ratio, 2);
      } else if (o.motion == "shrinks") {
        EXPECT_LT(size_ratio, .5);
      } else {
        EXPECT_GT(way, .13) << o.motion;
        EXPECT_LT(way, .65) << o.motion;
      }
      EXPECT_GT(least_x, .1) << o.motion;
      EXPECT_LT(most_x, s.width - .1) << o.motion;
      EXPECT_GT(least_y, .05) << o.motion;
      EXPECT_LT(most_y, s.height) << o.motion;
    }
}

TEST(Scenario, TwoObjectsHaveTwoPlaces) {
  Settings settings;
  settings.max_objects = 2;
  settings.camera = false;
  int pairs = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Scenario s = draw(settings, seed, clip);
    if (s.objects.size() < 2) continue;
    ++pairs;
    const auto poses = move(s, {0});
    EXPECT_GT(std::abs(poses[0][0].x - poses[0][1].x) + std::abs(poses[0][0].y - poses[0][1].y), .1);
  }
  EXPECT_GT(pairs, 50);
}

}  // namespace
}  // namespace zoetrope::world
