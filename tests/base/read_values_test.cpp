#include "zoetrope/base/read_values.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(ReadValues, ANumberIsTheWholeText) {
  EXPECT_EQ(read_number<int64_t>("-12"), -12);
  EXPECT_EQ(read_number<double>("1.5e2"), 150);
  for (const char* none : {"", " 1", "1 ", "+1", "1x", "99999999999999999999"}) EXPECT_FALSE(read_number<int64_t>(none)) << none;
}

TEST(ReadValues, ASizeIsTwoNumbersAboveZero) {
  for (const char* size : {"128x96", "128X96", "128*96"}) EXPECT_EQ(read_size(size), std::pair(int64_t{128}, int64_t{96})) << size;
  for (const char* none : {"", "128", "x96", "128x", "0x96", "128x-96", "128x96x3", "128 x 96"}) EXPECT_FALSE(read_size(none)) << none;
}

}  // namespace
}  // namespace zoetrope::base
