#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/generation/request.h"

namespace zoetrope::serving {

/// What a server refuses to show, as the file of its owner says: words and patterns per language, each group with the reason that is told.
/// A list of words keeps children and mistakes in bounds; it does not stop somebody who wants around it.
class Policy {
 public:
  /// Refuses nothing.
  Policy();
  ~Policy();
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  /// The policy in a TOML file (docs/serving.md). A UsageError names the file and what is wrong in it.
  static Policy read(const std::filesystem::path& file);

  /// Why a text is refused, in the language of the word that it was found by; nothing if it is not.
  std::optional<std::string> refusal(std::string_view text) const;

  /// The text of a request that is refused, with the reason: its prompt, a prompt over time, or what guidance leads away from where that
  /// decides what is seen (a scale below 1).
  struct Refused {
    std::string field, reason;
  };
  std::optional<Refused> refused(const generation::Request& request) const;

 private:
  struct Group;
  std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace zoetrope::serving
