#include "cli/completion.h"

#include <cstring>
#include <gmock/gmock-matchers.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// What a real bash offers for these words, the last one being the one under the cursor. Runs in a folder with `clip.mp4` and `two
/// words.mp4`.
std::vector<std::string> offers(const std::vector<std::string>& words) {
  CLI::App program("", "zoetrope");
  std::string text;
  program.add_flag("--json");
  program.fallthrough();
  CLI::App* generate = program.add_subcommand("generate");
  generate->add_option("--prompt", text);
  generate->add_option("--sampler", text)->check(CLI::IsMember({"euler", "heun"}));
  generate->add_option("-o,--output", text)->type_name("FILE");
  generate->add_flag("--tiny");
  generate->add_option_group("size")->add_option("--frames", text);
  program.add_subcommand("info")->add_option("path", text)->check(CLI::ExistingPath);
  CLI::App* world = program.add_subcommand("world");
  world->add_subcommand("render")->add_option("--count", text);
  world->add_subcommand("sheet")->add_option("style", text)->check(CLI::IsMember({"plain", "framed"}));

  TemporaryFolder folder;
  base::write_file(folder / "clip.mp4", "");
  base::write_file(folder / "two words.mp4", "");
  std::string script = bash_completion(program) + "COMP_WORDS=(";
  for (const std::string& word : words) script += fmt::format("'{}' ", word);
  script += fmt::format(")\nCOMP_CWORD={}\n_zoetrope\nfor reply in \"${{COMPREPLY[@]}}\"; do printf '%s\\n' \"$reply\"; done\n",
                        words.size() - 1);
  base::write_file(folder / "script.bash", script);

  std::string command = fmt::format("cd '{}' && bash --norc script.bash", folder.path.string());
  std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  std::vector<std::string> replies;
  for (char line[256]; std::fgets(line, sizeof line, output.get());) replies.push_back(std::string(line, std::strlen(line) - 1));
  return replies;
}

TEST(Completion, OffersCommandsAndFlagsThatBeginWithTheWord) {
  EXPECT_THAT(offers({"zoetrope", "ge"}), ElementsAre("generate"));
  EXPECT_THAT(offers({"zoetrope", "--j"}), ElementsAre("--json"));
  EXPECT_THAT(offers({"zoetrope", ""}), Contains("world"));
}

TEST(Completion, OffersTheFlagsOfTheCommandItsGroupsAndTheProgram) {
  EXPECT_THAT(offers({"zoetrope", "generate", "--"}),
              UnorderedElementsAre("--prompt", "--sampler", "--output", "--tiny", "--frames", "--json", "--help"));
}

TEST(Completion, KnowsCommandsInsideCommands) {
  EXPECT_THAT(offers({"zoetrope", "world", "r"}), ElementsAre("render"));
  EXPECT_THAT(offers({"zoetrope", "--json", "world", "render", "--c"}), ElementsAre("--count"));
  EXPECT_THAT(offers({"zoetrope", "world", "sheet", "f"}), ElementsAre("framed"));
}

TEST(Completion, OffersTheValuesOfAFlagThatHasAFew) {
  EXPECT_THAT(offers({"zoetrope", "generate", "--sampler", ""}), ElementsAre("euler", "heun"));
  EXPECT_THAT(offers({"zoetrope", "generate", "--sampler", "=", "h"}), ElementsAre("heun"));
}

TEST(Completion, OffersFilesWhereAFlagOrArgumentTakesThem) {
  EXPECT_THAT(offers({"zoetrope", "generate", "-o", "c"}), ElementsAre("clip.mp4"));
  EXPECT_THAT(offers({"zoetrope", "info", "t"}), ElementsAre("two words.mp4"));
  EXPECT_THAT(offers({"zoetrope", "info", "--j"}), ElementsAre("--json"));
}

TEST(Completion, OffersNothingForFreeText) {
  EXPECT_THAT(offers({"zoetrope", "generate", "--prompt", ""}), ElementsAre());
  EXPECT_THAT(offers({"zoetrope", "generate", "--tiny", "--p"}), ElementsAre("--prompt"));  // a switch takes no value
}

}  // namespace
}  // namespace zoetrope::cli
