#include "cli/flags.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::cli {
namespace {

TEST(Values, ReadSizesInBothSpellings) {
  EXPECT_EQ(parse_size("--size", "128x96").width, 128);
  EXPECT_EQ(parse_size("--size", "832*480").height, 480);
}

TEST(Values, RefuseSizesThatAreNone) {
  for (const char* text : {"", "128", "x96", "128x", "0x96", "-1x5", "128x96x3", "12.5x8", "99999999999999999999x2"})
    EXPECT_THROW(parse_size("--size", text), base::UsageError) << text;
}

TEST(Values, ReadLoraFilesWithAScaleOrWithout) {
  TemporaryFolder folder;
  std::string file = (folder / "a:b.safetensors").string();
  base::write_file(file, "");
  EXPECT_EQ(parse_lora("--lora", file).file, file);
  EXPECT_EQ(parse_lora("--lora", file).scale, 1);
  EXPECT_EQ(parse_lora("--lora", file + ":-0.5").file, file);
  EXPECT_EQ(parse_lora("--lora", file + ":-0.5").scale, -0.5);
  for (const std::string& text : {folder.path.string(), file + ":x", file + ":nan", std::string("missing.safetensors:1")})
    EXPECT_THROW(parse_lora("--lora", text), base::UsageError) << text;
}

TEST(Values, ReadRatesExactly) {
  EXPECT_EQ(parse_rate("--fps", "16"), (media::Rational{16, 1}));
  EXPECT_EQ(parse_rate("--fps", "30000/1001"), (media::Rational{30000, 1001}));
  EXPECT_EQ(parse_rate("--fps", "12.5").value(), 12.5);
}

TEST(Values, RefuseRatesThatAreNone) {
  for (const char* text : {"", "0", "-16", "16/0", "nan", "inf", "fast", "1e9", "16 fps"})
    EXPECT_THROW(parse_rate("--fps", text), base::UsageError) << text;
}

TEST(Values, AnInterval) {
  EXPECT_EQ(parse_interval("--guidance-interval", "0.2:0.8").low, .2);
  EXPECT_EQ(parse_interval("--guidance-interval", "0:1").high, 1);
  for (const char* text : {"", "0.2", ":", "a:b", "0.2:"})
    EXPECT_THROW(parse_interval("--guidance-interval", text), base::UsageError) << text;
}

TEST(Values, FindFilesAndWhatMayBeAModel) {
  TemporaryFolder folder;
  EXPECT_EQ(find_input(folder.path), folder.path);
  for (std::string text : {(folder / "none").string(), std::string("none.safetensors"), std::string("no-such-model")})
    EXPECT_THROW(find_input(text), base::UsageError) << text;
}

TEST(Values, NumbersHoldToTheirRange) {
  EXPECT_EQ(check_positive("0.5") + check_not_negative("0") + check_fraction("1") + check_fraction("0"), "");
  for (const char* text : {"0", "-1", "nan", "inf", "many", "1e999"}) EXPECT_NE(check_positive(text), "") << text;
  for (const char* text : {"-0.1", "nan", "2x"}) EXPECT_NE(check_not_negative(text), "") << text;
  for (const char* text : {"-0.1", "1.1", "nan"})
    EXPECT_EQ(check_fraction(text), fmt::format("must be a number from 0 to 1, got '{}'", text));
}

TEST(Values, SeedsAreWholeNumbersOf64Bits) {
  for (const char* text : {"0", "7", "18446744073709551615"}) EXPECT_EQ(check_seed(text), "");
  for (const char* text : {"", "-1", "1.5", "18446744073709551616", "seven"}) EXPECT_NE(check_seed(text), "") << text;
}

}  // namespace
}  // namespace zoetrope::cli
