#include "cli/usage_errors.h"

#include <algorithm>
#include <map>
#include <numeric>
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

/// How many characters must be added, left out or replaced to make one text of the other (Levenshtein 1966).
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1], std::min({row[j + 1] + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)}));
  }
  return row.back();
}

/// "; the nearest is --steps" for the name that is nearest to a mistyped one; empty where none is near.
std::string near(const std::string& typed, const std::vector<std::string>& names) {
  auto nearest = std::ranges::min_element(names, {}, [&](const std::string& name) { return edit_distance(typed, name); });
  const size_t most = typed.size() / 3;  // a third of it may be wrong
  return nearest != names.end() && edit_distance(typed, *nearest) <= most ? fmt::format("; the nearest is {}", *nearest) : "";
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent())
    for (const CLI::Option* flag : app->get_options())
      for (const std::string& name : flag->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> commands_of(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  return names;
}

/// The innermost command that was given, and the words that name it.
std::pair<const CLI::App*, std::string> given_command(const CLI::App& program) {
  const CLI::App* command = &program;
  std::string words = program.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    words += " " + command->get_name();
  }
  return {command, words};
}

bool is_given(const CLI::App& command, const std::string& flag) {
  const CLI::Option* option = command.get_option_no_throw(flag);
  return option != nullptr && option->count() > 0;
}

}  // namespace

std::string format_parse_error(const CLI::App& program, const CLI::ParseError& error) {
  const auto [command, words] = given_command(program);
  std::string reason = reword(error.what());
  std::vector<std::string> unknown = program.remaining(/*recurse=*/true);
  auto flag = std::ranges::find_if(unknown, [](const std::string& word) { return word.starts_with("-"); });
  if (flag != unknown.end())
    reason = fmt::format("there is no flag '{}'{}", *flag, near(flag->substr(0, flag->find('=')), flags_of(*command)));
  else if (!unknown.empty() && command == &program)
    reason = fmt::format("there is no command '{}'{}", unknown.front(), near(unknown.front(), commands_of(program)));
  else if (!unknown.empty())
    reason = fmt::format("'{}' is one word too many", unknown.back());
  return fmt::format("{}; see `{} --help`", reason, words);
}

std::string with_flag(const CLI::App& program, const base::InvalidRequest& error) {
  static const std::map<std::string, std::string> other_names{{"guidance_scale", "guidance"}, {"guidance_scale_2", "guidance-2"}};
  auto found = other_names.find(error.field());
  std::string flag = found == other_names.end() ? error.field() : found->second;
  std::replace(flag.begin(), flag.end(), '_', '-');
  const CLI::App& command = *given_command(program).first;
  const bool repeats = is_given(command, "--from") || is_given(command, "--resume");
  if (repeats && !is_given(command, "--" + flag)) return fmt::format("the request's '{}' {}", error.field(), error.sentence());
  return fmt::format("--{} {}", flag, error.sentence());
}

}  // namespace zoetrope::cli
