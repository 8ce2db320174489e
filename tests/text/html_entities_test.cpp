#include "zoetrope/text/html_entities.h"

#include <gtest/gtest.h>

namespace zoetrope::text {
namespace {

TEST(UnescapeHtml, ResolvesNames) {
  EXPECT_EQ(unescape_html("Tom &amp; Jerry &lt;3"), "Tom & Jerry <3");
  EXPECT_EQ(unescape_html("&CounterClockwiseContourIntegral;"), "∳");
  EXPECT_EQ(unescape_html("&nvlt;"), "<\u20d2");  // one name, two characters
  EXPECT_EQ(unescape_html("&Jscr;"), "\U0001D4A5");
}

TEST(UnescapeHtml, ResolvesOldNamesWithoutSemicolon) {
  EXPECT_EQ(unescape_html("&copy 2020"), "© 2020");
  EXPECT_EQ(unescape_html("&notit;"), "¬it;");  // "not" is an old name, "notit" is none
  EXPECT_EQ(unescape_html("&notin;"), "∉");
  EXPECT_EQ(unescape_html("&checkmark"), "&checkmark");  // a new name needs its semicolon
}

TEST(UnescapeHtml, ResolvesNumbers) {
  EXPECT_EQ(unescape_html("&#29699;&#x7403&#X7403;"), "球球球");
  EXPECT_EQ(unescape_html("&#147;&#128;"), "“€");  // Windows-1252
  EXPECT_EQ(unescape_html("&#0;&#xD800;&#x110000;&#99999999999999999999;"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(unescape_html("a&#1;&#xfffe;b"), "ab");
}

TEST(UnescapeHtml, LeavesTheRest) {
  for (std::string text : {"", "&", "a & b", "&;", "&#;", "&#x;", "&lonely;", "&&&", "球&"}) EXPECT_EQ(unescape_html(text), text);
}

TEST(UnescapeHtml, ResolvesClosedReferencesOnlyWhereAsked) {
  EXPECT_EQ(unescape_html("&copy 2020 &copy; &notit; &#65 &#65;", References::closed), "&copy 2020 © &notit; &#65 A");
}

TEST(UnescapeHtml, ResolvesOneLevelOnly) { EXPECT_EQ(unescape_html("&amp;amp;lt;"), "&amp;lt;"); }

}  // namespace
}  // namespace zoetrope::text
