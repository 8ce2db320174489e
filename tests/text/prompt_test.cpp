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

}  // namespace
}  // namespace zoetrope::text
