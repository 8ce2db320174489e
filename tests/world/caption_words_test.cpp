#include "zoetrope/world/caption_words.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/base/formats.h"

namespace zoetrope::world {
namespace {

using testing::Contains;
using testing::Not;

TEST(CaptionWords, AreThoseOfThePartOfTheWorldAndNoOthers) {
  const base::Json json =
      caption_words(settings_from_json({{"objects", {"cat", "soccer ball"}}, {"shapes", {"star"}}, {"scenes", {"beach"}}}));
  const auto words = json["words"].get<std::vector<std::string>>();
  for (const char* word : {"a", "kitten", "football", "soccer", "ball", "star", "beach", "red"}) EXPECT_THAT(words, Contains(word));
  for (const char* word : {"dog", "meadow", "dragon", ""}) EXPECT_THAT(words, Not(Contains(word)));
  EXPECT_TRUE(std::ranges::is_sorted(words));
  EXPECT_EQ(json["things"]["soccer ball"][1], "football");
  for (const char* character : {"猫", "滩", "红"}) EXPECT_THAT(words, Contains(character));
  for (const char* character : {"狗", "，"}) EXPECT_THAT(words, Not(Contains(character)));
}

/// What the shipped model tells of its captions is what they are. Where this fails, the model's zoetrope.json needs what is printed.
TEST(CaptionWords, OfTheShippedModelAreInItsSettings) {
  const std::filesystem::path file = "models/toybox/zoetrope.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "models/toybox is not complete yet";
  const base::Json trained_on = base::read_json(file)["trained_on"];
  const base::Json known = caption_words(settings_from_json(trained_on["world"]));
  EXPECT_TRUE(trained_on.value("captions", base::Json()) == known) << "trained_on.captions of " << file << " must be\n" << known.dump();
}

}  // namespace
}  // namespace zoetrope::world
