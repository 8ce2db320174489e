#include "zoetrope/base/formats.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::base {
namespace {

TEST(ShortNumber, HasThePrefixThatLeavesItBelowAThousand) {
  EXPECT_EQ(format_si(999, "B"), "999 B");
  EXPECT_EQ(format_si(24'576'000, "B"), "24.6 MB");
  EXPECT_EQ(format_si(1'234'567, " parameters"), "1.2 M parameters");
  EXPECT_EQ(format_si(7e15, "B"), "7000.0 TB");
}

TEST(ReadJson, KeepsTheOrderOfKeysAndMakesNullOfNumbersThatJsonHasNot) {
  TemporaryFolder folder;
  write_file(folder / "x.json", R"({"z": 1, "clipped": -Infinity, "a": [2], "mean": NaN, "text": "a: NaN"})");
  EXPECT_EQ(read_json(folder / "x.json").dump(), R"({"z":1,"clipped":null,"a":[2],"mean":null,"text":"a: null"})");
  write_file(folder / "y.json", R"({"text": "a: NaN"})");
  EXPECT_EQ(read_json(folder / "y.json").dump(), R"({"text":"a: NaN"})");
}

TEST(ReadJson, RefusesAllElseInASentence) {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "x.json";
  for (const char* text : {"", "[1]", "{\"a\":", "{\"a\": Infinite}", "\xff"}) {
    write_file(path, text);
    try {
      read_json(path);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), path.string() + ": is not a JSON object");
    }
  }
  write_file(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4500000\n");
  EXPECT_EQ(complaint([&] { read_json(path); }),
            path.string() + ": is a pointer of git-lfs instead of the file itself; run `git lfs pull` in its folder");
  std::filesystem::remove(path);
  EXPECT_EQ(complaint([&] { read_json(path); }), path.string() + ": does not exist");
}

TEST(WholeCharacters, AreKeptUpToALimit) {
  EXPECT_EQ(whole_characters("short", 9), 5u);
  EXPECT_EQ(whole_characters("letters", 3), 3u);
  EXPECT_EQ(whole_characters("a球球", 7), 7u);
  EXPECT_EQ(whole_characters("a球球", 6), 4u);
  EXPECT_EQ(whole_characters("球", 2), 0u);
  EXPECT_EQ(whole_characters(std::string(9, '\x80'), 6), 3u) << "no UTF-8 at all";
}

}  // namespace
}  // namespace zoetrope::base
