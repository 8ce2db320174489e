#include "zoetrope/text/prompt.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::text {
namespace {

TEST(CheckPrompt, TakesUtf8OfEveryLength) {
  EXPECT_NO_THROW(check_prompt(""));
  EXPECT_NO_THROW(check_prompt("a ж 球 🦩"));
  EXPECT_NO_THROW(check_prompt(std::string(longest_prompt, 'a')));
}

TEST(CheckPrompt, RefusesWhatIsTooLong) { EXPECT_THROW(check_prompt(std::string(longest_prompt + 1, 'a')), base::UsageError); }

TEST(CheckPrompt, NamesTheByteThatIsNotUtf8) {
  // A lone continuation, a cut character, an overlong form, a surrogate, a byte that UTF-8 never has.
  for (std::string tail : {"\x80", "\xe7\x90", "\xc0\xaf", "\xed\xa0\x80", "\xff"}) {
    try {
      check_prompt("球ab" + tail);
      ADD_FAILURE() << "must not be taken";
    } catch (const base::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("byte 5"), std::string::npos) << error.what();
    }
  }
}

TEST(Clean, MakesOneSpaceOfWhiteSpace) {
  EXPECT_EQ(clean(""), "");
  EXPECT_EQ(clean(" \t\r\n "), "");
  EXPECT_EQ(clean("  a\u3000red\u00a0\u2028 ball\n"), "a red ball");
}

TEST(Clean, StraightensQuotes) { EXPECT_EQ(clean("‘a’ “b” „c‟ ʼd «e»"), "'a' \"b\" \"c\" 'd «e»"); }

TEST(Clean, SpellsOutLigaturesAndWidths) {
  EXPECT_EQ(clean("ﬁne oﬃce ĳs ŉ ǆ"), "fine office ijs 'n dž");
  EXPECT_EQ(clean("ﬅ"), "ſt");
  EXPECT_EQ(clean("ＬＯＵＤ　ｶﾞ！"), "LOUD ガ!");
  EXPECT_EQ(clean("①²"), "①²");  // other compatibility characters stay
}

TEST(Clean, Composes) { EXPECT_EQ(clean("cafe\u0301"), "café"); }

TEST(Clean, DropsControls) { EXPECT_EQ(clean(std::string("\ufeffa\x07 \x1b[31mred\x1b[0m\0 ball\u206a\ufffc", 30)), "a red ball"); }

TEST(Clean, KeepsJoinersAndFlags) {
  std::string family = "👨‍👩‍👧 🏴\U000E0067\U000E007F";
  EXPECT_EQ(clean(family), family);
}

TEST(Clean, ResolvesReferencesTwice) {
  EXPECT_EQ(clean("Tom &amp;amp; Jerry"), "Tom & Jerry");
  EXPECT_EQ(clean("&ldquo;so&rdquo;"), "\"so\"");
  EXPECT_EQ(clean("<b>&ldquo;so&rdquo;</b>"), "<b>“so”</b>");
}

TEST(Clean, IsDoneAfterOnce) {
  for (std::string text : {"  “a”\tﬁ ＡＢ &amp;c", "红色的球，滚过。", "plain words"}) EXPECT_EQ(clean(clean(text)), clean(text));
}

TEST(Clean, RefusesOtherEncodings) { EXPECT_THROW(clean("caf\xe9"), base::UsageError); }

}  // namespace
}  // namespace zoetrope::text
