#include "zoetrope/model/find_model.h"

#include <cstdlib>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

TEST(FindModel, TakesAFolderAsItIs) {
  TemporaryFolder folder;
  EXPECT_EQ(find_model(folder.path.string()), folder.path);
}

TEST(FindModel, LooksThroughTheFoldersOfTheEnvironmentInTurn) {
  TemporaryFolder first, second;
  std::filesystem::create_directories(second / "tiny");
  setenv("ZOETROPE_MODELS", (first.path.string() + "::" + second.path.string()).c_str(), 1);
  EXPECT_EQ(find_model("tiny"), second / "tiny");
  std::filesystem::create_directories(first / "tiny");
  EXPECT_EQ(find_model("tiny"), first / "tiny");
  unsetenv("ZOETROPE_MODELS");
}

TEST(FindModel, ListsThePlacesWhereItLooked) {
  TemporaryFolder folder;
  setenv("ZOETROPE_MODELS", folder.path.c_str(), 1);
  try {
    find_model("no-such-model");
    FAIL() << "found";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'no-such-model'"), testing::HasSubstr(folder.path.string()),
                                             testing::HasSubstr("ZOETROPE_MODELS")));
  }
  unsetenv("ZOETROPE_MODELS");
}

}  // namespace
}  // namespace zoetrope::model
