#include "zoetrope/world/captions.h"

#include <algorithm>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "tests/world/shapes.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

bool says_one_of(const std::string& caption, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return caption.find(word) != std::string::npos; });
}

/// The part of a phrase that no direction changes.
std::vector<std::string> cores(const std::vector<std::string>& phrases) {
  std::vector<std::string> found;
  for (std::string phrase : phrases) {
    for (const char* slot : {" {d}", "{d}", " {other}", "{other}", "{g}"})
      if (size_t at = phrase.find(slot); at != std::string::npos)
        phrase = at == 0 ? phrase.substr(std::string(slot).size()) : phrase.substr(0, at);
    found.push_back(phrase);
  }
  return found;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void expect_named(const Object& o, const Captions& said) {
  const Words& words = o.colour.empty() ? find_emoji(o.name)->words : find_shape(o.name)->words;
  EXPECT_TRUE(says_one_of(said.en, words.en)) << o.name << " in " << said.en;
  EXPECT_TRUE(says_one_of(said.zh, words.zh)) << o.name << " in " << said.zh;
  if (o.colour.empty()) return;
  EXPECT_TRUE(says_one_of(said.en, find_colour(o.colour)->words.en)) << said.en;
  EXPECT_TRUE(says_one_of(said.zh, find_colour(o.colour)->words.zh)) << said.zh;
}

void expect_motion(const Object& o, const Captions& said) {
  const Motion& motion = *find_motion(o.motion);
  EXPECT_TRUE(says_one_of(said.en, cores(joined(motion.en, motion.en_ing)))) << o.motion << " in " << said.en;
  EXPECT_TRUE(says_one_of(said.zh, cores(joined(motion.zh, motion.zh_across)))) << o.motion << " in " << said.zh;
}

TEST(Captions, NameWhatIsThereInBothLanguages) {
  Settings settings;
  settings.objects.clear();
  for (const Emoji& e : emoji()) settings.objects.push_back(e.name);
  for (const Scene& s : scenes()) settings.scenes.push_back(s.name);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const Scenario s = draw(settings, seed, clip);
    const Captions said = caption(s, seed);
    const Scene& scene = *find_scene(s.scene);
    expect_named(s.objects[0], said);
    expect_motion(s.objects[0], said);
    EXPECT_TRUE(says_one_of(said.en, joined(joined(scene.at, scene.across), scene.over))) << said.en;
    EXPECT_TRUE(says_one_of(said.zh, joined(scene.zh_at, scene.zh_across))) << said.zh;
    EXPECT_EQ(s.night, says_one_of(said.en, {"night"})) << said.en;
    EXPECT_EQ(s.night, says_one_of(said.zh, {"夜晚", "夜里", "晚上"})) << said.zh;
  }
}

TEST(Captions, TellDirectionsApart) {
  Settings settings;
  settings.motions = {"flies", "rolls", "slides", "hops"};
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Scenario s = draw(settings, seed, clip);
    s.camera = {};
    const Captions said = caption(s, seed);
    const bool left = s.objects[0].direction == Direction::left;
    EXPECT_EQ(left, says_one_of(said.en, {"to the left", "right to left", "leftwards"})) << said.en;
    EXPECT_EQ(left, says_one_of(said.zh, {"向左", "往左"})) << said.zh;
    EXPECT_NE(left, says_one_of(said.en, {"to the right", "left to right", "rightwards"})) << said.en;
    EXPECT_NE(left, says_one_of(said.zh, {"向右", "往右"})) << said.zh;
  }
}

TEST(Captions, ArticlesAreRight) {
  Settings settings;
  settings.max_objects = 2;
  settings.objects.clear();
  for (const Emoji& e : emoji()) settings.objects.push_back(e.name);
  const std::regex wrong(R"(\ba [aeio]|\ban [^aeiou]|\ba umb|\ban UFO|\{|\}|  )");
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const Captions said = caption(draw(settings, seed, seed % 3 == 0 ? still : clip), seed);
    EXPECT_FALSE(std::regex_search(said.en, wrong)) << said.en;
    EXPECT_EQ(said.zh.find_first_of("{} ,"), std::string::npos) << said.zh;
  }
}

TEST(Captions, ObjectsCarryTheirMeasureWord) {
  Settings settings;
  settings.shapes = {};
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Scenario s = draw(settings, seed, clip);
    const Emoji& e = *find_emoji(s.objects[0].name);
    std::vector<std::string> counted;
    for (const std::string& noun : e.words.zh) counted.push_back("一" + e.measure + noun);
    EXPECT_TRUE(says_one_of(caption(s, seed).zh, counted)) << caption(s, seed).zh;
  }
}

TEST(Captions, HaveManyPhrasings) {
  const Scenario s = draw(Settings(), 7, clip);
  std::set<std::string> en, zh;
  for (uint64_t seed = 0; seed < 500; ++seed) en.insert(caption(s, seed).en), zh.insert(caption(s, seed).zh);
  EXPECT_GT(en.size(), 30u);
  EXPECT_GT(zh.size(), 20u);
  EXPECT_EQ(caption(s, 3).en, caption(s, 3).en);
}

TEST(Captions, OfStillsLeaveTheMotionOutHalfOfTheTime) {
  Settings settings;
  settings.motions = {"flies"};
  int told = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Captions said = caption(draw(settings, seed, still), seed);
    const bool en = says_one_of(said.en, {"flies", "flying", "soars", "soaring"}),
               zh = says_one_of(said.zh, {"飞去", "飞行", "飞过", "左飞", "右飞"});
    EXPECT_EQ(en, zh) << said.en << said.zh;
    told += en;
  }
  EXPECT_NEAR(told, 200, 40);
}

TEST(Captions, SpeakOfBothObjects) {
  Settings settings;
  settings.max_objects = 2;
  settings.motions = {"collides", "stands", "flies"};
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Scenario s = draw(settings, seed, clip);
    const Captions said = caption(s, seed);
    for (const Object& o : s.objects) expect_named(o, said);
    expect_motion(s.objects[0], said);
  }
}

TEST(Captions, AreShort) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Captions said = caption(draw(Settings(), seed, clip), seed);
    EXPECT_LT(said.en.size(), 140u) << said.en;
    EXPECT_LT(said.zh.size(), 120u) << said.zh;
  }
}

TEST(Captions, SayNoMotionOfWhatIsSteered) {
  Settings settings;
  settings.steered = 1;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Scenario s = draw(settings, seed, clip);
    const Captions said = caption(s, seed);
    expect_named(s.objects[0], said);
    EXPECT_TRUE(says_one_of(said.en, find_scene(s.scene)->at)) << said.en;
  }
}

TEST(Captions, SayOfAWallNowAndThen) {
  Settings settings;
  settings.motions = {"paces"};
  settings.occluded = 1;
  int en = 0, zh = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Captions said = caption(draw(settings, seed, clip), seed);
    en += said.en.find("wall") != std::string::npos, zh += said.zh.find("墙") != std::string::npos;
  }
  EXPECT_GT(en, 40);
  EXPECT_LT(en, 80);
  EXPECT_GT(zh, 40);
  EXPECT_LT(zh, 80);
}

}  // namespace
}  // namespace zoetrope::world
