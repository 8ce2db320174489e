#include "cli/usage_errors.h"

#include <algorithm>
#include <map>
#include <regex>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace zoetrope::cli {
namespace {

/// A complaint of CLI11, 2.1 to 2.4, in the words of this program.
std::string reword(const std::string& complaint) {
  static const std::pair<std::regex, const char*> phrases[] = {
      {std::regex("Could not convert: (\\S+) = (.*)"), "$1 must be a number, got '$2'"},
      {std::regex("(\\S+): Value (.*) not in range \\[?(\\S+) (?:to|-) (\\S+?)\\]?"), "$1 must be a number from $3 to $4, got '$2'"},
      {std::regex("(\\S+): (.*) not in \\{(.*)\\}"), "$1 must be one of $3, got '$2'"},
      {std::regex("(\\S+): (?:File|Directory|Path) does not exist: (.*)"), "$1: '$2' does not exist"},
      {std::regex("(\\S+): Directory is actually a file: (.*)"), "$1 must be a folder, '$2' is a file"},
      {std::regex("(\\S+): File is actually a directory: (.*)"), "$1 must be a file, '$2' is a folder"},
      {std::regex("(\\S+): must (.*)"), "$1 must $2"},
      {std::regex("(\\S+): 1 required .* missing"), "$1 needs a value"},
      {std::regex("(\\S+): At Most 1 required but received (\\d+)"), "$1 is given $2 times and can be given once"},
  };
  std::string line = complaint.substr(0, complaint.find('\n'));
  for (const auto& [pattern, phrase] : phrases)
    if (std::smatch match; std::regex_match(line, match, pattern)) return match.format(phrase);
  return line;
}

}  // namespace

std::string format_parse_error(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App* command = &program;
  std::string words = program.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    words += " " + command->get_name();
  }
  std::string reason = reword(error.what());
  std::vector<std::string> unknown = program.remaining(/*recurse=*/true);
  auto flag = std::ranges::find_if(unknown, [](const std::string& word) { return word.starts_with("-"); });
  if (flag != unknown.end())
    reason = fmt::format("there is no flag '{}'", *flag);
  else if (!unknown.empty() && command == &program)
    reason = fmt::format("there is no command '{}'", unknown.front());
  else if (!unknown.empty())
    reason = fmt::format("'{}' is one word too many", unknown.back());
  return fmt::format("{}; see `{} --help`", reason, words);
}

std::string with_flag(const base::InvalidRequest& error) {
  static const std::map<std::string, std::string> other_names{{"guidance_scale", "guidance"}, {"guidance_scale_2", "guidance-2"}};
  auto found = other_names.find(error.field());
  std::string flag = found == other_names.end() ? error.field() : found->second;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return fmt::format("--{} {}", flag, error.sentence());
}

}  // namespace zoetrope::cli
