#include "zoetrope/base/known_places.h"

#include <gtest/gtest.h>

#include "tests/environment.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::base {
namespace {

TEST(KnownPlaces, AreFoundAsLongAsTheFilesAreThere) {
  TemporaryFolder folder;
  const test::Environment cache("XDG_CACHE_HOME", folder / "cache");
  write_file(folder / "a \xff.png", "a");  // a name that is not UTF-8
  EXPECT_EQ(remembered_place("00ff"), "");
  remember_place("00ff", folder / "a \xff.png");
  EXPECT_EQ(remembered_place("00ff"), folder / "a \xff.png");
  write_file(folder / "b.png", "a");
  remember_place("00ff", folder / "b.png");
  EXPECT_EQ(remembered_place("00ff"), folder / "b.png") << "the latest";
  std::filesystem::remove(folder / "b.png");
  EXPECT_EQ(remembered_place("00ff"), "");
}

TEST(KnownPlaces, TakeNoKeyThatLeadsElsewhereAndNeedNoCache) {
  TemporaryFolder folder;
  write_file(folder / "a", "a");
  const test::Environment cache("XDG_CACHE_HOME", folder / "a");  // a file: nothing can be written below it
  remember_place("00ff", folder / "a");
  EXPECT_EQ(remembered_place("00ff"), "");
  const test::Environment other("XDG_CACHE_HOME", folder / "cache");
  for (const char* key : {"", ".", "..", "../a", "a/b"}) {
    remember_place(key, folder / "a");
    EXPECT_EQ(remembered_place(key), "") << key;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
}

}  // namespace
}  // namespace zoetrope::base
