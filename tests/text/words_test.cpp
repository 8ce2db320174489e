#include "zoetrope/text/words.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

namespace zoetrope::text {
namespace {

using testing::ElementsAre;

TEST(Words, AreInSmallLettersWithoutWhatStandsBetweenThem) {
  EXPECT_THAT(words_of("A soccer-ball, (RED:1.5) flies!"), ElementsAre("a", "soccer", "ball", "red", "1", "5", "flies"));
  EXPECT_THAT(words_of(" \n...🎈"), ElementsAre());
}

TEST(Words, OfChineseAreItsCharacters) { EXPECT_THAT(words_of("一只小狗，a Кот"), ElementsAre("一", "只", "小", "狗", "a", "кот")); }

}  // namespace
}  // namespace zoetrope::text
