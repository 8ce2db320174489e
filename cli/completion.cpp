#include "cli/completion.h"

#include <algorithm>
#include <cstdio>

#include <fmt/ranges.h>

#include "cli/command.h"

namespace zoetrope::cli {
namespace {

/// What bash needs to know of a flag that takes a value.
enum class Value { none, any, file, choice };

/// The values of `TEXT:{euler,heun}` or `{cpu->0,cuda->1}`, as CLI::IsMember and CLI::Transformer describe themselves; empty for others.
std::vector<std::string> choices(const CLI::Option& option) {
  std::string type = option.get_type_name();
  size_t open = type.find('{'), close = type.find('}', open);
  if (close == std::string::npos) return {};
  std::vector<std::string> values = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
  for (std::string& value : values) value = value.substr(0, value.find("->"));
  return values;
}

Value value_of(const CLI::Option& option) {
  if (option.get_expected_min() == 0 || option.get_type_size() == 0) return Value::none;
  if (!choices(option).empty()) return Value::choice;
  std::string type = option.get_type_name();
  for (const char* word : {"FILE", "FOLDER", "DIR", "PATH"})
    if (type.find(word) != std::string::npos) return Value::file;
  return Value::any;
}

/// `--output`, `-o`: as the flag may be written.
std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

/// One command of the tree with the flags that it and its parents understand.
struct Command {
  std::string path;  // " world render": each word after a space; empty for the program itself
  std::vector<const CLI::Option*> options = {};
  std::vector<std::string> subcommands = {};
  std::vector<std::string> arguments = {};  // the values of a positional argument that has a few
  bool takes_files = false;                 // it has a positional argument that is a file
};

void collect(const CLI::App& app, const std::string& path, std::vector<const CLI::Option*> inherited, std::vector<Command>& commands) {
  Command command{path, std::move(inherited)};
  auto add = [&](const CLI::App& group, auto& self) -> void {  // option groups are nameless subcommands
    for (const CLI::Option* option : group.get_options()) {
      if (option->get_positional()) {
        command.takes_files |= value_of(*option) == Value::file;
        for (const std::string& value : choices(*option)) command.arguments.push_back(value);
      }
      bool again = &group != &app && option->get_single_name() == "help";
      if (!spellings(*option).empty() && !option->get_group().empty() && !again) command.options.push_back(option);
    }
    for (const CLI::App* child : group.get_subcommands(nullptr)) {
      if (child->get_name().empty())
        self(*child, self);
      else
        command.subcommands.push_back(child->get_name());
    }
  };
  add(app, add);
  commands.push_back(command);
  std::vector<const CLI::Option*> passed_on;
  for (const CLI::Option* option : command.options)
    if (option->get_single_name() != "help" && option->get_single_name() != "version") passed_on.push_back(option);
  for (const CLI::App* child : app.get_subcommands(nullptr))
    if (!child->get_name().empty()) collect(*child, path + " " + child->get_name(), passed_on, commands);
}

/// A pattern of bash's `case` that stands for any of the words.
std::string any_of(const std::string& command, const std::vector<std::string>& words) {
  std::vector<std::string> patterns;
  for (const std::string& word : words) patterns.push_back(fmt::format("'{}:{}'", command, word));
  return fmt::format("{}", fmt::join(patterns, "|"));
}

std::string values_cases(const Command& command) {
  std::string text;
  for (const CLI::Option* option : command.options) {
    std::string pattern = any_of(command.path, spellings(*option));
    switch (value_of(*option)) {
      case Value::none:
        break;
      case Value::any:
        text += fmt::format("    {}) return ;;\n", pattern);
        break;
      case Value::file:
        text += fmt::format("    {}) _zoetrope_files; return ;;\n", pattern);
        break;
      case Value::choice:
        text += fmt::format("    {}) _zoetrope_words '{}'; return ;;\n", pattern, fmt::join(choices(*option), " "));
        break;
    }
  }
  return text;
}

std::string words_case(const Command& command) {
  std::vector<std::string> words = command.subcommands;
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  for (const CLI::Option* option : command.options)
    for (const std::string& name : spellings(*option)) words.push_back(name);
  return fmt::format("    '{}') words='{}' files={} ;;\n", command.path, fmt::join(words, " "), command.takes_files ? 1 : 0);
}

constexpr const char* script = R"(# Tab completion of zoetrope for bash, made by `zoetrope completion bash`.
_zoetrope_words() {{ COMPREPLY=($(compgen -W "$1" -- "$word")); }}
_zoetrope_files() {{
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$word"))
}}
_zoetrope() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" command='' words='' files=0 i
  [ "$word" != = ] || word=''
  [ "$before" != = ] || before="${{COMP_WORDS[COMP_CWORD-2]}}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command:${{COMP_WORDS[i]}}" in
      {}) command+=" ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$command:$before" in
{}  esac
  case "$command" in
{}  esac
  if [ "$files" = 1 ] && [ "${{word#-}}" = "$word" ]; then _zoetrope_files; else _zoetrope_words "$words"; fi
}}
complete -F _zoetrope zoetrope
)";

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::vector<Command> commands;
  collect(program, "", {}, commands);
  std::vector<std::string> steps;
  std::string values, words;
  for (const Command& command : commands) {
    if (!command.subcommands.empty()) steps.push_back(any_of(command.path, command.subcommands));
    values += values_cases(command);
    words += words_case(command);
  }
  return fmt::format(script, fmt::join(steps, "|"), values, words);
}

void add_completion(CLI::App& program, const Output& /*output*/) {
  CLI::App* completion = program.add_subcommand("completion", "print a script for completion of commands and flags with Tab");
  auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "the shell")->required()->check(CLI::IsMember({"bash"}));
  completion->footer(
      "Examples:\n  source <(zoetrope completion bash)        for this shell\n"
      "  zoetrope completion bash > ~/.local/share/bash-completion/completions/zoetrope        for all new shells");
  completion->callback([&program, shell] { fmt::print("{}", bash_completion(program)); });
}

}  // namespace zoetrope::cli
