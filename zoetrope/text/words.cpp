#include "zoetrope/text/words.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

namespace zoetrope::text {

std::vector<std::string> words_of(std::string_view text) {
  const auto letters = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))).toLower();
  std::vector<std::string> words;
  icu::UnicodeString word;
  auto end_word = [&] {
    if (!word.isEmpty()) word.toUTF8String(words.emplace_back());
    word.remove();
  };
  for (int32_t place = 0; place < letters.length(); place = letters.moveIndex32(place, 1)) {
    const UChar32 c = letters.char32At(place);
    UErrorCode status = U_ZERO_ERROR;
    const bool is_chinese = uscript_getScript(c, &status) == USCRIPT_HAN && u_isalpha(c);
    if (is_chinese) end_word();
    if (u_isalnum(c) || u_charType(c) == U_NON_SPACING_MARK)
      word.append(c);
    else
      end_word();
    if (is_chinese) end_word();
  }
  end_word();
  return words;
}

}  // namespace zoetrope::text
