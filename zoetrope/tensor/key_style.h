#pragma once
#include <optional>
#include <string>
#include <vector>

namespace zoetrope::tensor {

/// Two names of the same parameters. `#` stands for a number, `*` at the end for any ending; both sides have the same ones in the same
/// order.
struct KeyRule {
  std::string original, canonical;
  bool optional = false;  // a part that only some models of the family have, or that has another shape in some
};

/// Names differ in dots and underscores from tool to tool; with underscores alone a layer is the same everywhere.
std::string with_underscores(std::string name);

/// Whether a name begins with any of the prefixes.
bool starts_with_any(const std::string& name, const std::vector<std::string>& prefixes);

/// How the names in files from elsewhere and the names that a model asks for translate into each other; the first rule that fits counts.
class KeyStyle {
 public:
  explicit KeyStyle(std::vector<KeyRule> rules) : rules_(std::move(rules)) {}

  /// The name that the model asks for, or nothing where no rule fits.
  std::optional<std::string> to_canonical(const std::string& original) const;
  std::optional<std::string> to_original(const std::string& canonical) const;
  /// Whether a name, in either style and with underscores or dots, is that of a part which only some models of the family have.
  bool is_optional(const std::string& name) const;

 private:
  std::vector<KeyRule> rules_;
};

}  // namespace zoetrope::tensor
