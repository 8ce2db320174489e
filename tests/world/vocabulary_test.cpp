#include "zoetrope/world/vocabulary.h"

#include <set>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::world {
namespace {

TEST(Vocabulary, HoldsDozensOfEmojiAndTheRest) {
  EXPECT_GE(emoji().size(), 48u);
  EXPECT_EQ(shapes().size(), 5u);
  EXPECT_EQ(colours().size(), 8u);
  EXPECT_GE(scenes().size(), 8u);
  EXPECT_GE(motions().size(), 8u);
}

TEST(Vocabulary, EveryNameMeansOneThing) {
  std::set<std::string> names;
  std::set<char32_t> characters;
  for (const Emoji& e : emoji()) {
    EXPECT_TRUE(names.insert(e.name).second) << e.name;
    EXPECT_TRUE(characters.insert(e.character).second) << e.name;
  }
  for (const Shape& s : shapes()) EXPECT_TRUE(names.insert(s.name).second) << s.name;
}

TEST(Vocabulary, NoTwoObjectsShareAWord) {
  std::map<std::string, std::string> owner;
  auto claim = [&](const std::string& name, const Words& words) {
    for (const auto* list : {&words.en, &words.zh})
      for (const std::string& word : *list) {
        auto [entry, fresh] = owner.emplace(word, name);
        EXPECT_TRUE(fresh) << word << " is both " << entry->second << " and " << name;
      }
  };
  for (const Emoji& e : emoji()) claim(e.name, e.words);
  for (const Shape& s : shapes()) claim(s.name, s.words);
  for (const Colour& c : colours()) claim(c.name, c.words);
}

TEST(Vocabulary, EverythingHasWordsInBothLanguages) {
  auto check = [](const std::string& name, const Words& words) {
    EXPECT_FALSE(words.en.empty() || words.zh.empty()) << name;
    for (const std::string& word : words.zh) EXPECT_GT(static_cast<unsigned char>(word[0]), 127) << word;
  };
  for (const Emoji& e : emoji()) {
    check(e.name, e.words);
    EXPECT_FALSE(e.measure.empty()) << e.name;
  }
  for (const Shape& s : shapes()) check(s.name, s.words);
  for (const Colour& c : colours()) check(c.name, c.words);
  for (const Scene& s : scenes())
    EXPECT_FALSE(s.at.empty() || s.across.empty() || s.over.empty() || s.zh_at.empty() || s.zh_across.empty()) << s.name;
  for (const Motion& m : motions()) EXPECT_TRUE(!m.en.empty() && m.en.size() == m.en_ing.size() && !m.zh.empty()) << m.name;
}

TEST(Vocabulary, DirectedMotionsSayTheirDirectionInEveryPhrase) {
  for (const Motion& m : motions())
    for (const auto* list : {&m.en, &m.en_ing, &m.zh, &m.zh_across})
      for (const std::string& phrase : *list)
        EXPECT_EQ(m.directed && m.objects == 1, phrase.find("{d}") != std::string::npos) << m.name << ": " << phrase;
}

TEST(Vocabulary, FindsByName) {
  EXPECT_EQ(find_emoji("cat")->character, U'🐱');
  EXPECT_EQ(find_emoji("circle"), nullptr);
  EXPECT_EQ(find_scene("beach")->name, "beach");
  EXPECT_EQ(find_motion(""), nullptr);
}

TEST(CldrName, KnowsWhatUnicodeCallsACharacter) {
  EXPECT_STREQ(cldr_name(U'🐈').en, "cat");
  EXPECT_STREQ(cldr_name(U'🐈').zh, "猫");
  EXPECT_THROW(cldr_name(U'A'), base::Error);
}

}  // namespace
}  // namespace zoetrope::world
