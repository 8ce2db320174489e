#include "zoetrope/tensor/key_style.h"

#include <algorithm>

namespace zoetrope::tensor {
namespace {

/// What `#` and `*` of a pattern stand for in `name`, or nothing where it does not fit.
std::optional<std::vector<std::string>> match(const std::string& pattern, const std::string& name) {
  std::vector<std::string> parts;
  size_t at = 0;
  for (char c : pattern) {
    if (c == '*') {
      parts.push_back(name.substr(at));
      return parts;
    }
    if (c == '#') {
      size_t end = std::min(name.find_first_not_of("0123456789", at), name.size());
      if (end == at) return {};
      parts.push_back(name.substr(at, end - at));
      at = end;
    } else if (at == name.size() || name[at++] != c) {
      return {};
    }
  }
  if (at != name.size()) return {};
  return parts;
}

std::string fill(const std::string& pattern, const std::vector<std::string>& parts) {
  std::string name;
  size_t next = 0;
  for (char c : pattern) {
    if (c == '#' || c == '*')
      name += parts.at(next++);
    else
      name += c;
  }
  return name;
}

}  // namespace

std::string with_underscores(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

bool starts_with_any(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

std::optional<std::string> KeyStyle::to_canonical(const std::string& original) const {
  for (const KeyRule& rule : rules_)
    if (auto parts = match(rule.original, original)) return fill(rule.canonical, *parts);
  return {};
}

std::optional<std::string> KeyStyle::to_original(const std::string& canonical) const {
  for (const KeyRule& rule : rules_)
    if (auto parts = match(rule.canonical, canonical)) return fill(rule.original, *parts);
  return {};
}

bool KeyStyle::is_optional(const std::string& name) const {
  const std::string plain = with_underscores(name);
  return std::ranges::any_of(rules_, [&](const KeyRule& rule) {
    return rule.optional && (match(with_underscores(rule.original), plain) || match(with_underscores(rule.canonical), plain));
  });
}

}  // namespace zoetrope::tensor
