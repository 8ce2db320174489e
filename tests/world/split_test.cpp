#include "zoetrope/world/split.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

Scenario of(const std::string& name, const std::string& colour, const std::string& scene, const std::string& motion) {
  Object o;
  o.name = name, o.colour = colour, o.motion = motion;
  Scenario s;
  s.scene = scene;
  s.objects = {o};
  return s;
}

struct Part {
  int held_out = 0, all = 0;
  void count(bool held) { held_out += held, ++all; }
  double value() const { return static_cast<double>(held_out) / all; }
};

TEST(Split, HoldsOutAboutOneInEightOfEachKindOfPair) {
  Part with_scene, with_motion;
  for (const Emoji& e : emoji()) {
    // The pair with a scene is told apart by a motion that is in training for this object, and the other way round.
    auto free_scene = std::find_if(scenes().begin(), scenes().end(), [&](const Scene& s) {
      return std::any_of(motions().begin(), motions().end(), [&](const Motion& m) { return !held_out(of(e.name, "", s.name, m.name)); });
    });
    ASSERT_NE(free_scene, scenes().end()) << e.name;
    auto free_motion = std::find_if(motions().begin(), motions().end(),
                                    [&](const Motion& m) { return !held_out(of(e.name, "", free_scene->name, m.name)); });
    for (const Scene& s : scenes()) with_scene.count(held_out(of(e.name, "", s.name, free_motion->name)));
    for (const Motion& m : motions()) with_motion.count(held_out(of(e.name, "", free_scene->name, m.name)));
  }
  EXPECT_NEAR(with_scene.value(), .125, .04);
  EXPECT_NEAR(with_motion.value(), .125, .04);
}

TEST(Split, IsDecidedPairByPair) {
  // A pair is held out when all that holds it is, whatever the third part may be.
  std::map<std::string, bool> pair;
  auto note = [&](const std::string& key, bool held) { pair.try_emplace(key, true).first->second &= held; };
  auto every = [](auto&& visit) {
    for (const Shape& shape : shapes())
      for (const Colour& colour : colours())
        for (const Scene& scene : scenes())
          for (const Motion& motion : motions()) visit(shape.name, colour.name, scene.name, motion.name);
  };
  every([&](const std::string& shape, const std::string& colour, const std::string& scene, const std::string& motion) {
    bool held = held_out(of(shape, colour, scene, motion));
    note(shape + "," + colour, held), note(shape + "," + scene, held), note(shape + "," + motion, held);
  });
  every([&](const std::string& shape, const std::string& colour, const std::string& scene, const std::string& motion) {
    ASSERT_EQ(held_out(of(shape, colour, scene, motion)),
              pair[shape + "," + colour] || pair[shape + "," + scene] || pair[shape + "," + motion]);
  });
}

TEST(Split, OneHeldOutObjectIsEnough) {
  Scenario train = of("cat", "", "beach", "falls"), held = train;
  for (const Scene& s : scenes())
    for (const Emoji& e : emoji()) {
      Scenario found = of(e.name, "", s.name, "falls");
      (held_out(found) ? held : train) = found;
    }
  ASSERT_TRUE(held_out(held) && !held_out(train));
  held.objects.push_back(train.objects[0]);
  std::swap(held.objects[0], held.objects[1]);
  EXPECT_TRUE(held_out(held));
}

TEST(Split, EverythingIsSeenInTraining) {
  auto trains = [](auto&& matches) {
    for (const Scene& s : scenes())
      for (const Motion& m : motions()) {
        for (const Emoji& e : emoji())
          if (Scenario x = of(e.name, "", s.name, m.name); matches(x) && !held_out(x)) return true;
        for (const Shape& shape : shapes())
          for (const Colour& c : colours())
            if (Scenario x = of(shape.name, c.name, s.name, m.name); matches(x) && !held_out(x)) return true;
      }
    return false;
  };
  auto object = [](const Scenario& x) { return x.objects[0]; };
  for (const Emoji& e : emoji()) EXPECT_TRUE(trains([&](const Scenario& x) { return object(x).name == e.name; })) << e.name;
  for (const Shape& s : shapes()) EXPECT_TRUE(trains([&](const Scenario& x) { return object(x).name == s.name; })) << s.name;
  for (const Colour& c : colours()) EXPECT_TRUE(trains([&](const Scenario& x) { return object(x).colour == c.name; })) << c.name;
  for (const Scene& s : scenes()) EXPECT_TRUE(trains([&](const Scenario& x) { return x.scene == s.name; })) << s.name;
  for (const Motion& m : motions()) EXPECT_TRUE(trains([&](const Scenario& x) { return object(x).motion == m.name; })) << m.name;
}

}  // namespace
}  // namespace zoetrope::world
