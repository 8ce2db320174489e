#pragma once
#include <optional>
#include <string>
#include <vector>

namespace zoetrope::tensor {

/// Two names of the same parameters. `#` stands for a number, `*` at the end for any ending; both sides have the same ones in the same
/// order.
struct KeyRule {
  std::string original, canonical;
};

/// How the names in files from elsewhere and the names that a model asks for translate into each other; the first rule that fits counts.
class KeyStyle {
 public:
  explicit KeyStyle(std::vector<KeyRule> rules) : rules_(std::move(rules)) {}

  /// The name that the model asks for, or nothing where no rule fits.
  std::optional<std::string> to_canonical(const std::string& original) const;
  std::optional<std::string> to_original(const std::string& canonical) const;

 private:
  std::vector<KeyRule> rules_;
};

}  // namespace zoetrope::tensor
