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
  EXPECT_EQ(parse_lora("--lora", file).scale, std::nullopt);
  EXPECT_EQ(parse_lora("--lora", file + ":-0.5").file, file);
  EXPECT_EQ(parse_lora("--lora", file + ":-0.5").scale, -0.5);
  for (const std::string& text : {folder.path.string(), file + ":x", file + ":nan", std::string("missing.safetensors:1")})
    EXPECT_THROW(parse_lora("--lora", text), base::UsageError) << text;
}

TEST(Values, OfLoraTagsInAPrompt) {
  TemporaryFolder folder;
  base::write_file(folder / "style.safetensors", "");
  std::string prompt = "a cat <lora:" + (folder / "style").string() + ":0.5>";
  const std::vector<tensor::LoraSpec> loras = take_loras(prompt, /*strict=*/true);
  ASSERT_EQ(loras.size(), 1u);
  EXPECT_EQ(loras[0].file, folder / "style.safetensors");
  EXPECT_EQ(loras[0].scale, .5);
  EXPECT_TRUE(loras[0].strict);
  EXPECT_EQ(prompt, "a cat");
  prompt = "a cat <lora:none>";
  EXPECT_THROW(take_loras(prompt, false), base::UsageError);
}

TEST(Values, OfALineEachWithoutCommentsAndMarks) {
  EXPECT_EQ(text_lines("\xef\xbb\xbf a cat \r\n\r\n# a dog\n\t#\n\ta #1 car"), (std::vector<std::string>{"a cat", "a #1 car"}));
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

TEST(Values, OfPromptsInTime) {
  using Prompts = std::vector<generation::TimedPrompt>;
  EXPECT_EQ(parse_prompts("--prompts", "0:a cat walks; 4s:it jumps ;9.5: 它睡觉"),
            (Prompts{{0, "a cat walks"}, {4, "it jumps "}, {9.5, "它睡觉"}}));
  TemporaryFolder folder;
  base::write_file(folder / "prompts.txt", "# two\n0s: a cat\n\n12: at 3:15 a dog\n");
  EXPECT_EQ(parse_prompts("--prompts", (folder / "prompts.txt").string()), (Prompts{{0, "a cat"}, {12, "at 3:15 a dog"}}));
  for (const char* text : {"", ";", "a cat", "1:a cat", "0 a cat", "0:a; later:b"})
    EXPECT_THROW(parse_prompts("--prompts", text), base::UsageError) << text;
}

TEST(Values, OfPicturesThatGrow) {
  EXPECT_DOUBLE_EQ(*parse_outpaint("--outpaint", "16:9").aspect, 16. / 9);
  generation::Outpaint sides = parse_outpaint("--outpaint", "left=64,bottom=8");
  EXPECT_EQ(sides.left, 64);
  EXPECT_EQ(sides.bottom, 8);
  EXPECT_EQ(sides.right + sides.top, 0);
  for (const char* text : {"wide", "left", "left=", "left=-1", "left=8px", "up=8", "16:0"})
    EXPECT_THROW(parse_outpaint("--outpaint", text), base::UsageError) << text;
}

TEST(Values, OfKeyframes) {
  TemporaryFolder folder;
  base::write_file(folder / "a@b.png", "");
  const std::string file = (folder / "a@b.png").string();
  EXPECT_EQ(parse_keyframe("--keyframe", file + "@1.5s").seconds, 1.5);
  EXPECT_EQ(parse_keyframe("--keyframe", file + "@12").frame, 12);
  generation::Keyframe last = parse_keyframe("--keyframe", file + "@last:0.25");
  EXPECT_FALSE(last.frame || last.seconds);
  EXPECT_EQ(last.denoise, .25);
  EXPECT_EQ(last.media, file);
  for (const char* time : {"", "@", "@soon", "@-1", "@1.5", "@1ss", "@1s:", "@1:2", "@1:x", "@1:nan"})
    EXPECT_THROW(parse_keyframe("--keyframe", file + time), base::UsageError) << time;
  EXPECT_THROW(parse_keyframe("--keyframe", (folder / "none.png@1").string()), base::UsageError);
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
