#include "cli/toml_config.h"

#include <filesystem>
#include <gmock/gmock-matchers.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A program like ours: a command inside a command, a flag of the program, flags of every kind.
struct Program {
  Program() {
    add_config(app);
    app.add_flag("--quiet", quiet);
    app.require_subcommand(1)->fallthrough();
    CLI::App* world = app.add_subcommand("world")->require_subcommand(1);
    CLI::App* render = world->add_subcommand("render");
    render->add_option("--caption-style,--caption_style", caption_style);
    render->add_option("--count", count)->required();
    render->add_option("--speed", speed);
    render->add_option("--objects", objects);
    render->add_flag("--night", night);
    render->add_option("folder", folder);
  }

  void parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
  }

  /// Runs `zoetrope world render --config FILE more...` with a file of these lines.
  void parse_with(const std::string& toml, std::vector<std::string> more = {}) {
    base::write_file(folder_of_file / "flags.toml", toml);
    std::vector<std::string> words = {"world", "render", "--config", folder_of_file / "flags.toml"};
    words.insert(words.end(), more.begin(), more.end());
    parse(words);
  }

  CLI::App app{"", "zoetrope"};
  TemporaryFolder folder_of_file;
  bool quiet = false, night = false;
  int count = 0;
  double speed = 1;
  std::string caption_style, folder;
  std::vector<std::string> objects;
};

std::string refusal(const std::string& toml) {
  Program program;
  return complaint<base::UsageError>([&] { program.parse_with(toml); });
}

TEST(TomlConfig, GivesEveryKindOfValueToTheCommandThatWasGiven) {
  Program program;
  program.parse_with(R"(
# a comment
caption_style = "short # and \"dense\", \u7ea2"
count = 1_000
speed = 0.25
night = true
objects = ["red ball", "car"]
folder = 'out dir'
)");
  EXPECT_EQ(program.caption_style, "short # and \"dense\", 红");
  EXPECT_EQ(program.count, 1000);
  EXPECT_EQ(program.speed, 0.25);
  EXPECT_TRUE(program.night);
  EXPECT_THAT(program.objects, ElementsAre("red ball", "car"));
  EXPECT_EQ(program.folder, "out dir");
}

TEST(TomlConfig, TakesDashAndUnderscoreAlike) {
  Program program;
  program.parse_with("caption-style = 'a'\ncount = 1");
  EXPECT_EQ(program.caption_style, "a");
}

TEST(TomlConfig, SetsFlagsOfTheProgramToo) {
  Program program;
  program.parse_with("quiet = true\ncount = 1");
  EXPECT_TRUE(program.quiet);
}

TEST(TomlConfig, LetsFalseSwitchNothingOn) {
  Program program;
  program.parse_with("night = false\ncount = 1");
  EXPECT_FALSE(program.night);
}

TEST(TomlConfig, YieldsToTheCommandLine) {
  Program program;
  program.parse_with("count = 1\nspeed = 2", {"--count", "7"});
  EXPECT_EQ(program.count, 7);
  EXPECT_EQ(program.speed, 2);
}

TEST(TomlConfig, NamesFileAndLineOfBrokenToml) {
  EXPECT_THAT(refusal("count = 1\nspeed = = 2\n"), HasSubstr(".toml:2: "));
  EXPECT_THAT(refusal("count = 1\ncount = 2\n"), HasSubstr(".toml:2: "));
}

TEST(TomlConfig, NamesFileAndLineOfAnUnknownKey) {
  EXPECT_THAT(refusal("count = 1\n\nspede = 2\n"), HasSubstr(".toml:3: 'spede' is not a flag of `zoetrope world render`"));
  EXPECT_THAT(refusal("count = 1\nconfig = 'other.toml'\n"), HasSubstr(".toml:2: 'config' is not a flag"));
}

TEST(TomlConfig, RefusesTablesWithTheirLine) {
  EXPECT_THAT(refusal("count = 1\n[render]\nspeed = 2\n"), HasSubstr(".toml:2: "));
  EXPECT_THAT(refusal("count = 1\nobjects = [\n1,\n[2]]\n"), HasSubstr(".toml:4: "));
}

TEST(TomlConfig, RefusesAFileThatIsNotThere) {
  Program program;
  EXPECT_THROW(program.parse({"world", "render", "--count", "1", "--config", "/nowhere/at/all.toml"}), CLI::FileError);
}

TEST(TomlConfig, RefusesAValueOfTheWrongKind) {
  Program program;
  EXPECT_THROW(program.parse_with("count = 'many'"), CLI::ParseError);
}

TEST(TomlConfig, ReadsWhatItWrites) {
  Program first, second;
  first.parse({"world", "render", "--count", "3", "--objects", "a", "b # \"c\"", "--night", "--caption-style", "7", "--speed", ".4"});
  std::string file = TomlConfig(first.app).to_config(first.app.get_subcommand("world")->get_subcommand("render"), false, false, "");
  EXPECT_EQ(file, "caption-style = '7'\ncount = 3\nspeed = 0.4\nobjects = ['a', 'b # \"c\"']\nnight = true\n");
  second.parse_with(file);
  EXPECT_EQ(second.count, 3);
  EXPECT_TRUE(second.night);
  EXPECT_EQ(second.speed, 0.4);
  EXPECT_EQ(second.caption_style, "7");
  EXPECT_THAT(second.objects, ElementsAre("a", "b # \"c\""));
}

}  // namespace
}  // namespace zoetrope::cli
