#include "zoetrope/model/class_labels.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/read_values.h"

namespace zoetrope::model {
namespace {

std::string without_spaces_around(const std::string& text) {
  size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

ClassLabels::ClassLabels(int64_t count, const base::Json& names) : count_(count) {
  if (names.is_null()) return;
  if (!names.is_object()) throw base::Error("'id2label' in model_index.json must be an object, got {}", names.dump().substr(0, 80));
  for (const auto& [key, value] : names.items()) {
    std::optional<int64_t> number = base::read_number<int64_t>(key);
    if (!number || *number < 0 || *number >= count || !value.is_string())
      throw base::Error("'id2label' in model_index.json must give names to numbers from 0 to {}, got {}: {}", count - 1, key,
                        value.dump().substr(0, 80));
    std::string all = value.get<std::string>();
    std::istringstream stream(all);
    for (std::string name; std::getline(stream, name, ',');)
      if (auto& numbers = numbers_[without_spaces_around(name)]; numbers.empty() || numbers.back() != *number) numbers.push_back(*number);
    if (all.find(',') != std::string::npos) numbers_[all].push_back(*number);
  }
}

int64_t ClassLabels::number(const std::string& label) const {
  if (label.empty()) throw base::InvalidRequest("class_label", "is needed: this model makes images of a class, by its number or name");
  if (auto number = base::read_number<int64_t>(label)) {
    if (*number < 0 || *number >= count_) throw base::InvalidRequest("class_label", "must be from 0 to {}, got {}", count_ - 1, *number);
    return *number;
  }
  auto found = numbers_.find(label);
  if (found == numbers_.end() && numbers_.empty())
    throw base::InvalidRequest("class_label", "must be a number from 0 to {}: the classes of this model have no names, got '{}'",
                               count_ - 1, label);
  if (found == numbers_.end()) {
    std::vector<std::string> alike = names_like(label);
    throw base::UsageError(
        "there is no class '{}'; {}", label,
        alike.empty() ? fmt::format("give a number from 0 to {}, or a name of ImageNet like '{}'", count_ - 1, numbers_.begin()->first)
                      : fmt::format("names like it are '{}'", fmt::join(alike, "', '")));
  }
  if (found->second.size() > 1)
    throw base::UsageError("'{}' is the name of several classes: give the number, one of {}", label, fmt::join(found->second, ", "));
  return found->second.front();
}

std::vector<std::string> ClassLabels::names_like(const std::string& label) const {
  constexpr size_t most = 5;
  std::vector<std::string> alike;
  for (const auto& [name, numbers] : numbers_)
    if (alike.size() < most && name.find(',') == std::string::npos && lower_case(name).find(lower_case(label)) != std::string::npos)
      alike.push_back(name);
  return alike;
}

}  // namespace zoetrope::model
