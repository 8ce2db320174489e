#include "cli/usage_errors.h"

#include <gtest/gtest.h>

#include "cli/flags.h"

namespace zoetrope::cli {
namespace {

/// What `zoetrope draw WORDS` is told.
std::string told(const std::string& words) {
  CLI::App program("", "zoetrope");
  program.require_subcommand(1);
  program.fallthrough();
  int steps = 0, count = 0;
  double guidance = 0;
  std::string way, file, folder, seed;
  CLI::App* draw = program.add_subcommand("draw");
  draw->add_option("--steps", steps);
  draw->add_option("--guidance", guidance);
  draw->add_option("--count", count)->check(CLI::Range(1, 10));
  draw->add_option("--way", way)->check(CLI::IsMember({"up", "down"}));
  draw->add_option("--file", file)->check(CLI::ExistingFile);
  draw->add_option("--folder", folder)->check(CLI::ExistingDirectory);
  draw->add_option("--seed", seed)->check(check_seed);
  try {
    program.parse(words);
  } catch (const CLI::ParseError& error) {
    return format_parse_error(program, error);
  }
  return "";
}

TEST(WrongWords, NameTheValueAndWhatWouldBeRight) {
  const std::pair<const char*, const char*> cases[] = {
      {"draw --steps many", "--steps must be a number, got 'many'"},
      {"draw --guidance 3x", "--guidance must be a number, got '3x'"},
      {"draw --count 11", "--count must be a number from 1 to 10, got '11'"},
      {"draw --count x", "--count must be a number from 1 to 10, got 'x'"},
      {"draw --way sideways", "--way must be one of up,down, got 'sideways'"},
      {"draw --file none", "--file: 'none' does not exist"},
      {"draw --folder none", "--folder: 'none' does not exist"},
      {"draw --file /", "--file must be a file, '/' is a folder"},
      {"draw --folder /proc/self/exe", "--folder must be a folder, '/proc/self/exe' is a file"},
      {"draw --steps", "--steps needs a value"},
      {"draw --steps 3 --steps 4", "--steps is given 2 times and can be given once"},
      {"draw --stops 3", "there is no flag '--stops'; the nearest is --steps"},
      {"draw --gidance=3", "there is no flag '--gidance=3'; the nearest is --guidance"},
      {"draw --levitate", "there is no flag '--levitate'"},
      {"draw circle", "'circle' is one word too many"},
  };
  for (auto [words, sentence] : cases) EXPECT_EQ(told(words), std::string(sentence) + "; see `zoetrope draw --help`");
  EXPECT_EQ(told("draw --seed -1").find("--seed must be a whole number from 0"), 0u);
  EXPECT_EQ(told("dance"), "there is no command 'dance'; see `zoetrope --help`");
  EXPECT_EQ(told("--dance"), "there is no flag '--dance'; see `zoetrope --help`");
}

/// What `zoetrope draw WORDS` says when a field of its request is refused.
std::string refused(const std::string& words, const base::InvalidRequest& error) {
  CLI::App program("", "zoetrope");
  CLI::App* draw = program.add_subcommand("draw");
  std::string guidance, from;
  draw->add_option("--guidance", guidance);
  draw->add_option("--from", from);
  program.parse(words);
  return with_flag(program, error);
}

TEST(UsageErrors, NameTheFlagOfTheFieldAndNoneThatNobodyGave) {
  const base::InvalidRequest guidance("guidance_scale", "must be from 0 to {}, got {}", 100, 101);
  EXPECT_EQ(refused("draw --guidance 101", guidance), "--guidance must be from 0 to 100, got 101");
  EXPECT_EQ(refused("draw", {"text_encoder", "is needed"}), "--text-encoder is needed");
  EXPECT_EQ(refused("draw --from a.mp4", guidance), "the request's 'guidance_scale' must be from 0 to 100, got 101");
  EXPECT_EQ(refused("draw --from a.mp4 --guidance 101", guidance), "--guidance must be from 0 to 100, got 101");
}

}  // namespace
}  // namespace zoetrope::cli
