#include "zoetrope/provenance/record.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"

namespace zoetrope::provenance {
namespace {

using media::test::bytes_of, media::test::put_bytes;

class RecordTest : public testing::Test {
 protected:
  void add(const std::string& name) const {
    put_bytes(folder / name, "the bytes of " + name);
    append_to_record(record, folder / name, R"({"schema":"zoetrope/request/2","prompt":")" + name + "\"}");
  }
  TemporaryFolder folder;
  std::filesystem::path record = folder / "data" / "record.jsonl";
};

TEST_F(RecordTest, LinesFollowFromEachOther) {
  for (const char* name : {"a", "b", "c"}) add(name);
  add(std::string(200'000, 'x').substr(0, 200));
  const RecordCheck check = check_record(record);
  EXPECT_EQ(check.lines, 4);
  EXPECT_EQ(check.problem, "");
  std::vector<base::Json> lines;
  read_record(record, [&](int64_t, const base::Json& line) { lines.push_back(line); });
  EXPECT_EQ(lines[1]["request"]["prompt"], "b");
  EXPECT_EQ(lines[1]["sha256"], base::sha256("the bytes of b"));
  EXPECT_EQ(lines[1]["previous"], base::sha256(lines[0].dump()));
}

TEST_F(RecordTest, TellsWhatWasChangedTakenOutOrPutIn) {
  for (const char* name : {"a", "b", "c"}) add(name);
  const std::string whole = bytes_of(record);
  std::string changed = whole;
  changed.replace(changed.find("\"prompt\":\"a\""), 12, "\"prompt\":\"z\"");
  put_bytes(record, changed);
  EXPECT_NE(check_record(record).problem.find("line 2"), std::string::npos);
  const size_t second = whole.find('\n') + 1, third = whole.find('\n', second) + 1;
  put_bytes(record, whole.substr(0, second) + whole.substr(third));
  EXPECT_NE(check_record(record).problem.find("line 2"), std::string::npos);
  put_bytes(record, whole + "{}\n");
  EXPECT_NE(check_record(record).problem.find("line 4"), std::string::npos);
  put_bytes(record, whole + "words\n");
  EXPECT_NE(check_record(record).problem.find("no JSON"), std::string::npos);
  EXPECT_THROW(check_record(folder / "none"), base::Error);
}

TEST_F(RecordTest, LongLinesAndManyWritersKeepTheChain) {
  put_bytes(folder / "long", "bytes");
  append_to_record(record, folder / "long", "{\"prompt\":\"" + std::string(300'000, 'x') + "\"}");
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&, i] {
      for (int k = 0; k < 10; ++k) add(std::to_string(i) + "-" + std::to_string(k));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(check_record(record).lines, 41);
  EXPECT_EQ(check_record(record).problem, "");
}

TEST_F(RecordTest, WhatCannotBeWrittenIsAnError) {
  add("a");
  EXPECT_THROW(append_to_record(folder / "a" / "record.jsonl", folder / "a", "{}"), std::exception);
  EXPECT_THROW(append_to_record(record, folder / "missing", "{}"), base::Error);
  EXPECT_EQ(check_record(record).lines, 1);
}

}  // namespace
}  // namespace zoetrope::provenance
