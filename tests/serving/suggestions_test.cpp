#include "zoetrope/serving/suggestions.h"

#include <set>

#include <gtest/gtest.h>

#include "zoetrope/base/files.h"
#include "zoetrope/model/trained_on.h"

namespace zoetrope::serving {
namespace {

const base::Json& toybox() {
  static const base::Json settings = base::Json::parse(base::read_file("models/toybox/zoetrope.json"));
  return settings;
}

TEST(Suggestions, AreOfWordsThatTheModelKnowsInBothLanguages) {
  const std::optional<model::TrainedOn> known = model::trained_on(toybox());
  ASSERT_TRUE(known);
  std::set<std::string> things;
  for (const world::Captions& prompt : suggested_prompts(toybox(), 7, 12)) {
    for (const std::string& text : {prompt.en, prompt.zh}) {
      EXPECT_TRUE(known->unknown_words(text).empty()) << text;
      EXPECT_EQ(known->things_in(text).size(), 1U) << text;
    }
    EXPECT_EQ(known->things_in(prompt.en), known->things_in(prompt.zh)) << "one clip in two languages";
    things.insert(known->things_in(prompt.en)[0]);
  }
  EXPECT_EQ(things.size(), 12U) << "each is of another thing";
}

TEST(Suggestions, FollowFromTheSeed) {
  auto english = [](uint64_t seed) {
    std::vector<std::string> texts;
    for (const world::Captions& c : suggested_prompts(toybox(), seed, 4)) texts.push_back(c.en);
    return texts;
  };
  EXPECT_EQ(english(1), english(1));
  EXPECT_NE(english(1), english(2));
}

TEST(Suggestions, AreNoneWhereAModelDoesNotTell) {
  EXPECT_TRUE(suggested_prompts({}, 1, 4).empty());
  EXPECT_TRUE(suggested_prompts({{"trained_on", {{"world", {{"objects", {"dragon"}}}}}}}, 1, 4).empty());
}

}  // namespace
}  // namespace zoetrope::serving
