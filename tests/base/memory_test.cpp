#include "zoetrope/base/memory.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(Memory, HugePagesAreAskedForUnlessTheUserSaysNo) {
  setenv("THP_MEM_ALLOC_ENABLE", "0", 1);
  configure_allocator();
  EXPECT_STREQ(std::getenv("THP_MEM_ALLOC_ENABLE"), "0");
  unsetenv("THP_MEM_ALLOC_ENABLE");
  configure_allocator();
  EXPECT_STREQ(std::getenv("THP_MEM_ALLOC_ENABLE"), "1");
}

TEST(Memory, SomeOfTheWholeIsAvailable) {
  EXPECT_GT(available_memory(), 1 << 20);
  EXPECT_GT(total_memory(), available_memory());
}

}  // namespace
}  // namespace zoetrope::base
