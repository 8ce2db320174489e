#include "zoetrope/base/unfinished.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/atomic_file.h"

namespace zoetrope::base {
namespace {

TEST(Unfinished, RemovesWhatIsNotFinishedAndNothingElse) {
  TemporaryFolder folder;
  write_file(folder / "finished", "whole");
  AtomicFile half(folder / "half");
  ASSERT_TRUE(std::filesystem::exists(half.temporary()));
  Unfinished::remove_all();
  EXPECT_FALSE(std::filesystem::exists(half.temporary()));
  EXPECT_TRUE(std::filesystem::exists(folder / "finished"));
}

TEST(Unfinished, BearsMoreFilesThanItRemembers) {
  TemporaryFolder folder;
  std::vector<std::unique_ptr<Unfinished>> many;
  for (int i = 0; i < 100; ++i) many.push_back(std::make_unique<Unfinished>(folder / std::to_string(i)));
  many.clear();
  write_file(folder / "file", "");
  Unfinished again(folder / "file");
  Unfinished::remove_all();
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
}

}  // namespace
}  // namespace zoetrope::base
