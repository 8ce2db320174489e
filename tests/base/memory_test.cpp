#include "zoetrope/base/memory.h"

#include <cstdlib>
#include <sys/resource.h>

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
  EXPECT_GE(total_memory(), available_memory());
}

TEST(Memory, IsNoMoreThanTheLimitOfThisProcess) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit less{static_cast<rlim_t>(available_memory() / 2), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &less), 0);
  EXPECT_EQ(total_memory(), static_cast<double>(less.rlim_cur));
  EXPECT_EQ(available_memory(), static_cast<double>(less.rlim_cur));
  setrlimit(RLIMIT_AS, &before);
}

}  // namespace
}  // namespace zoetrope::base
