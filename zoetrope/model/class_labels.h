#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"

namespace zoetrope::model {

/// The classes that a model can be asked for, by number and by name.
class ClassLabels {
 public:
  /// `count` classes; `names` is the "id2label" of a model_index.json, from a number to its names with commas between them, or null.
  ClassLabels(int64_t count, const base::Json& names);

  int64_t count() const { return count_; }

  /// The class that `label` is the number of, or one of the names, or all of them. A UsageError says what was wrong, with names that are
  /// like it, and with the numbers where classes share a name.
  int64_t number(const std::string& label) const;

 private:
  std::vector<std::string> names_like(const std::string& label) const;

  int64_t count_;
  std::map<std::string, std::vector<int64_t>> numbers_;
};

}  // namespace zoetrope::model
