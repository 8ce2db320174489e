#include "cli/toml_config.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/ranges.h>

#include "cli/aliases.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/parse_toml.h"

namespace zoetrope::cli {
namespace {

using base::UsageError;

/// `file:line`, as every error of a configuration begins.
std::string at_line(const std::string& file, const toml::source_region& where) { return fmt::format("{}:{}", file, where.begin.line); }

/// The words `zoetrope world render` as apps, outermost first: what was given on the command line.
std::vector<const CLI::App*> chosen_commands(const CLI::App& program) {
  std::vector<const CLI::App*> path = {&program};
  while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().front());
  return path;
}

const CLI::Option* find_flag(const CLI::App& app, std::string key) {
  if (const CLI::Option* positional = app.get_option_no_throw(key)) return positional;
  std::ranges::replace(key, '_', '-');
  return app.get_option_no_throw("--" + (app.get_name() == "generate" ? our_flag(key) : key));
}

/// The long name, or that of a positional argument.
std::string name_of(const CLI::Option& flag) { return flag.get_lnames().empty() ? flag.get_single_name() : flag.get_lnames().front(); }

std::string printed(const std::string& text) {
  std::ostringstream stream;
  stream << toml::value<std::string>(text);
  return stream.str();
}

/// An argument as TOML writes it: numbers and switches bare, where TOML can hold them; all else quoted.
std::string as_toml(const CLI::Option& flag, const std::string& argument) {
  std::string type = flag.get_type_name();
  int64_t whole = 0;
  double real = 0;
  if (flag.get_expected_min() == 0 && (argument == "true" || argument == "false")) return argument;
  if ((type.starts_with("INT") || type.starts_with("UINT")) && CLI::detail::lexical_cast(argument, whole)) return fmt::format("{}", whole);
  if (type.starts_with("FLOAT") && CLI::detail::lexical_cast(argument, real)) return fmt::format("{}", real);
  return printed(argument);
}

/// A value as it would stand on the command line.
std::string as_argument(const toml::node& node, const std::string& where, const std::string& key) {
  if (auto text = node.value_exact<std::string>()) return *text;
  if (node.is_table() || node.is_array()) {
    throw UsageError("{}: '{}' has a value that is not text, a number, true or false; a file has the flags of one command, and no tables",
                     where, key);
  }
  if (auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  std::ostringstream stream;
  node.visit([&](const auto& value) { stream << value; });
  return stream.str();
}

CLI::ConfigItem read_item(const std::vector<const CLI::App*>& commands, const std::string& file, const std::string& key,
                          const toml::node& node) {
  std::string where = at_line(file, node.source());
  CLI::ConfigItem item;
  if (const toml::array* values = node.as_array()) {
    for (const toml::node& value : *values) item.inputs.push_back(as_argument(value, at_line(file, value.source()), key));
  } else {
    item.inputs.push_back(as_argument(node, where, key));
  }
  for (auto command = commands.rbegin(); command != commands.rend(); ++command) {  // a command's own flags, then the program's
    const CLI::Option* flag = find_flag(**command, key);
    if (flag == nullptr || !flag->get_configurable()) continue;
    item.name = name_of(*flag);
    for (auto parent = commands.begin() + 1; parent < command.base(); ++parent) item.parents.push_back((*parent)->get_name());
    return item;
  }
  std::vector<std::string> words;
  for (const CLI::App* command : commands) words.push_back(command->get_name());
  throw UsageError("{}: '{}' is not a flag of `{}`; see its --help", where, key, fmt::join(words, " "));
}

}  // namespace

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& stream) const {
  std::string file = program_.get_config_ptr()->results().front();
  std::vector<const CLI::App*> commands = chosen_commands(program_);
  std::vector<CLI::ConfigItem> items;
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  for (const auto& [key, node] : base::parse_toml(text, file)) items.push_back(read_item(commands, file, std::string(key.str()), node));
  return items;
}

std::string TomlConfig::to_config(const CLI::App* app, bool /*defaults_too*/, bool /*with_descriptions*/, std::string /*prefix*/) const {
  std::string lines;
  for (const CLI::Option* flag : app->get_options()) {
    if (!flag->get_configurable() || flag->count() == 0) continue;
    std::vector<std::string> values;
    for (const std::string& value : flag->results()) values.push_back(as_toml(*flag, value));
    std::string all = values.size() == 1 ? values.front() : fmt::format("[{}]", fmt::join(values, ", "));
    lines += fmt::format("{} = {}\n", name_of(*flag), all);
  }
  return lines;
}

void add_config(CLI::App& program) {
  program.set_config("--config", "", "take flags from this TOML file; those on the command line win")->type_name("FILE.toml");
  program.config_formatter(std::make_shared<TomlConfig>(program));
}

}  // namespace zoetrope::cli
