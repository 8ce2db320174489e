#pragma once
#include <filesystem>

#include <CLI/CLI.hpp>

namespace zoetrope::cli {

/// Flags from a TOML file: `zoetrope generate --config FILE.toml` reads `steps = 20` as `--steps 20`. The keys are the long names of the
/// command's flags, `-` and `_` alike; arrays give a flag several values; what stands on the command line wins over the file.
/// Errors name the file and the line: broken TOML, a key that is no flag of the command, a table.
class TomlConfig : public CLI::Config {
 public:
  /// `program` tells, when the file is read, which command was given and which flags that has.
  explicit TomlConfig(const CLI::App& program) : program_(program) {}

  /// The flags that were given to `app`, as a file that `from_config` reads.
  std::string to_config(const CLI::App* app, bool defaults_too, bool with_descriptions, std::string prefix) const override;
  std::vector<CLI::ConfigItem> from_config(std::istream& stream) const override;

 private:
  const CLI::App& program_;
};

/// Gives `program` the flag `--config FILE`, read by TomlConfig.
void add_config(CLI::App& program);

}  // namespace zoetrope::cli
