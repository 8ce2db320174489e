#include "zoetrope/text/prompt.h"

#include <algorithm>

#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "zoetrope/base/error.h"
#include "zoetrope/text/html_entities.h"

namespace zoetrope::text {
namespace {

using icu::UnicodeString;

bool between(UChar32 c, UChar32 first, UChar32 last) { return first <= c && c <= last; }

void check(UErrorCode status) {
  if (U_FAILURE(status)) throw base::Error("the Unicode library ICU cannot clean the prompt: {}", u_errorName(status));
}

const icu::Normalizer2& compatibility_form() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKCInstance(status);
  check(status);
  return *form;
}

const icu::Normalizer2& composed_form() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(status);
  check(status);
  return *form;
}

UnicodeString map_characters(const UnicodeString& text, const std::function<void(UChar32, UnicodeString&)>& map) {
  UnicodeString out;
  for (int32_t place = 0; place < text.length(); place = text.moveIndex32(place, 1)) map(text.char32At(place), out);
  return out;
}

/// One character for the eye, several letters for the reader: the Dutch ij, the Croatian digraphs, the ligatures of old type.
bool is_ligature(UChar32 c) {
  return c == 0x0132 || c == 0x0133 || c == 0x0149 || between(c, 0x01C4, 0x01CC) || between(c, 0x01F1, 0x01F3) ||
         between(c, 0xFB00, 0xFB06);
}

/// Letters of East Asian width, and the wide space.
bool has_width(UChar32 c) { return c == 0x3000 || between(c, 0xFF01, 0xFFEF); }

void spell_out(UChar32 c, UnicodeString& out) {
  if (c == 0xFB05) {
    out.append(u"\u017Ft");  // the long s stays, which the compatibility form would lose
  } else if (is_ligature(c) || has_width(c)) {
    UErrorCode status = U_ZERO_ERROR;
    out.append(compatibility_form().normalize(UnicodeString(c), status));
    check(status);
  } else {
    out.append(c);
  }
}

bool is_single_quote(UChar32 c) { return c == 0x02BC || between(c, 0x2018, 0x201B); }
bool is_double_quote(UChar32 c) { return between(c, 0x201C, 0x201F); }

/// Controls that say nothing: ASCII's but for white space, Arabic shaping, byte-order and annotation marks, the object placeholder.
bool is_control(UChar32 c) {
  return between(c, 0x00, 0x08) || c == 0x0B || between(c, 0x0E, 0x1F) || c == 0x7F || between(c, 0x206A, 0x206F) || c == 0xFEFF ||
         between(c, 0xFFF9, 0xFFFC);
}

void simplify(UChar32 c, UnicodeString& out) {
  if (is_control(c)) return;
  UChar32 plain = is_single_quote(c) ? '\'' : is_double_quote(c) ? '"' : c;
  out.append(plain);
}

UnicodeString without_terminal_escapes(const UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::RegexMatcher escape(u"\\x1B\\[[0-9;]*[a-zA-Z]", text, 0, status);
  UnicodeString out = escape.replaceAll(u"", status);
  check(status);
  return out;
}

std::string repair(const std::string& utf8) {
  UnicodeString text = map_characters(UnicodeString::fromUTF8(utf8), spell_out);
  text = map_characters(without_terminal_escapes(text), simplify);
  UErrorCode status = U_ZERO_ERROR;
  text = composed_form().normalize(text, status);
  check(status);
  std::string out;
  return text.toUTF8String(out);
}

std::string collapse_white_space(const std::string& utf8) {
  bool pending = false;
  UnicodeString text = map_characters(UnicodeString::fromUTF8(utf8), [&](UChar32 c, UnicodeString& out) {
    bool space = u_isUWhiteSpace(c) || between(c, 0x1C, 0x1F);
    if (!space && pending && !out.isEmpty()) out.append(u' ');
    if (!space) out.append(c);
    pending = space;
  });
  std::string out;
  return text.toUTF8String(out);
}

std::string unescape_twice(std::string_view text, References which) { return unescape_html(unescape_html(text, which), which); }

}  // namespace

std::string clean(std::string_view prompt) {
  check_prompt(prompt);
  // From the first line with a '<' on, text may be HTML, whose references are left alone until the end: what they stand for is kept as it
  // is.
  std::string text;
  bool may_be_html = false;
  for (size_t start = 0, end = 0; start < prompt.size(); start = end) {
    end = std::min(prompt.find('\n', start), prompt.size() - 1) + 1;
    std::string_view line = prompt.substr(start, end - start);
    may_be_html = may_be_html || line.find('<') != std::string_view::npos;
    text += repair(may_be_html ? std::string(line) : unescape_twice(line, References::closed));
  }
  return collapse_white_space(unescape_twice(text, References::all));
}

void check_prompt(std::string_view prompt) {
  if (prompt.size() > longest_prompt)
    throw base::UsageError("the prompt is {} bytes long, more than the limit of {}; shorten it", prompt.size(), longest_prompt);
  const auto* bytes = reinterpret_cast<const uint8_t*>(prompt.data());
  for (size_t place = 0; place < prompt.size();) {
    size_t start = place;
    UChar32 character;
    U8_NEXT(bytes, place, prompt.size(), character);
    if (character < 0)
      throw base::UsageError("the prompt is not UTF-8 at byte {}, which is 0x{:02x}; save it as UTF-8", start, bytes[start]);
  }
}

}  // namespace zoetrope::text
