#include "zoetrope/serving/policy.h"

#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/parse_toml.h"

namespace zoetrope::serving {
namespace {

/// A text as it is compared: compatible forms of letters are one ("ｇｕｎ"), cases too, signs that are not seen are left out, and spaces
/// are single.
icu::UnicodeString folded(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKCCasefoldInstance(error);  // leaves out what is not seen
  icu::UnicodeString whole = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  icu::UnicodeString result = U_SUCCESS(error) ? form->normalize(whole, error) : whole.foldCase();
  icu::UnicodeString single;
  for (int32_t i = 0; i < result.length(); i = result.moveIndex32(i, 1)) {
    const UChar32 c = result.char32At(i);
    if (!u_isUWhiteSpace(c))
      single.append(c);
    else if (!single.isEmpty() && !single.endsWith(u' '))
      single.append(u' ');
  }
  return single;
}

/// Whether words of this letter's script have no spaces between them.
bool is_without_spaces(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &error);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_THAI;
}

/// Whether a text has a word: all of it, not a part of another one, where words are told apart by spaces.
bool has_word(const icu::UnicodeString& text, const icu::UnicodeString& word) {
  auto goes_on = [](UChar32 inner, UChar32 outer) { return u_isalnum(inner) && u_isalnum(outer) && !is_without_spaces(inner); };
  const UChar32 first = word.char32At(0), last = word.char32At(word.moveIndex32(word.length(), -1));
  for (int32_t at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const int32_t end = at + word.length();
    const bool begins = at == 0 || !goes_on(first, text.char32At(text.moveIndex32(at, -1)));
    if (begins && (end == text.length() || !goes_on(last, text.char32At(end)))) return true;
  }
  return false;
}

}  // namespace

/// What is refused for one reason.
struct Policy::Group {
  std::map<std::string, std::string> reasons;  // by language
  std::map<std::string, std::vector<icu::UnicodeString>> words;
  std::map<std::string, std::vector<std::unique_ptr<icu::RegexPattern>>> patterns;

  /// The reason in a language, or else in any.
  const std::string& reason(const std::string& language) const {
    auto found = reasons.find(language);
    return found == reasons.end() ? reasons.begin()->second : found->second;
  }
};

Policy::Policy() = default;
Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

namespace {

/// Calls `each` with language and text for the texts of {en = "...", zh = ["...", ...]}.
template <class Each>
void each_text(const toml::node& node, const std::string& where, Each&& each) {
  const toml::table* languages = node.as_table();
  if (languages == nullptr) throw base::UsageError("{} must have a text per language, like {{ en = \"...\" }}", where);
  for (const auto& [language, value] : *languages) {
    const std::string name(language.str());
    auto one = [&](const toml::node& text) {
      const auto* found = text.as_string();
      if (found == nullptr || found->get().empty()) throw base::UsageError("{}.{} must be a text, or a list of texts", where, name);
      each(name, found->get());
    };
    if (const toml::array* list = value.as_array())
      for (const toml::node& text : *list) one(text);
    else
      one(value);
  }
}

std::unique_ptr<icu::RegexPattern> compiled(const std::string& pattern, const std::string& where) {
  UErrorCode error = U_ZERO_ERROR;
  UParseError place;
  std::unique_ptr<icu::RegexPattern> result(
      icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), UREGEX_CASE_INSENSITIVE, place, error));
  if (U_FAILURE(error)) throw base::UsageError("{} has the pattern '{}', which is none: {}", where, pattern, u_errorName(error));
  return result;
}

}  // namespace

Policy Policy::read(const std::filesystem::path& file) {
  const toml::table root = base::parse_toml(base::read_file(file, size_t{1} << 20), file.string());
  Policy policy;
  for (const auto& [key, value] : root) {
    if (key.str() != "refuse" || value.as_array() == nullptr)
      throw base::UsageError("{}: has '{}', but a policy has [[refuse]] alone", file.string(), key.str());
    for (const toml::node& node : *value.as_array()) {
      auto group = std::make_unique<Group>();
      const std::string where = fmt::format("{}: the [[refuse]] of line {}", file.string(), node.source().begin.line);
      if (node.as_table() == nullptr) throw base::UsageError("{} must be a table", where);
      for (const auto& [name, part] : *node.as_table()) {
        const std::string here = fmt::format("{}: its '{}'", where, name.str());
        if (name.str() == "reason")
          each_text(part, here, [&](const std::string& language, const std::string& text) { group->reasons[language] = text; });
        else if (name.str() == "words")
          each_text(part, here, [&](const std::string& language, const std::string& text) {
            if (folded(text).isEmpty()) throw base::UsageError("{} has a word without a letter", here);
            group->words[language].push_back(folded(text));
          });
        else if (name.str() == "patterns")
          each_text(part, here, [&](const std::string& language, const std::string& text) {
            group->patterns[language].push_back(compiled(text, here));
          });
        else
          throw base::UsageError("{} is not known; it has reason, words and patterns", here);
      }
      if (group->reasons.empty()) throw base::UsageError("{} has no reason: say why, as in reason.en = \"...\"", where);
      if (group->words.empty() && group->patterns.empty()) throw base::UsageError("{} has neither words nor patterns", where);
      policy.groups_.push_back(std::move(group));
    }
  }
  return policy;
}

std::optional<std::string> Policy::refusal(std::string_view text) const {
  constexpr int32_t patience = 1000;  // of ICU's steps: a text must not make a pattern work for ever
  if (groups_.empty() || text.empty()) return std::nullopt;
  const icu::UnicodeString whole = folded(text);
  for (const auto& group : groups_) {
    for (const auto& [language, words] : group->words)
      for (const icu::UnicodeString& word : words)
        if (has_word(whole, word)) return group->reason(language);
    for (const auto& [language, patterns] : group->patterns)
      for (const auto& pattern : patterns) {
        UErrorCode error = U_ZERO_ERROR;
        const std::unique_ptr<icu::RegexMatcher> matcher(pattern->matcher(whole, error));
        if (U_SUCCESS(error)) matcher->setTimeLimit(patience, error);
        const bool is_found = U_SUCCESS(error) && matcher->find(error);
        if (is_found || U_FAILURE(error)) return group->reason(language);  // what cannot be checked is not let through
      }
  }
  return std::nullopt;
}

std::optional<Policy::Refused> Policy::refused(const generation::Request& r) const {
  if (auto reason = refusal(r.prompt)) return Refused{"prompt", *reason};
  for (const generation::TimedPrompt& p : r.prompts)
    if (auto reason = refusal(p.prompt)) return Refused{"prompts", *reason};
  if (r.guidance_scale < 1 || r.guidance_scale_2.value_or(1) < 1)
    if (auto reason = refusal(r.negative_prompt)) return Refused{"negative_prompt", *reason};
  return std::nullopt;
}

}  // namespace zoetrope::serving
