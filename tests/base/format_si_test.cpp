#include "zoetrope/base/format_si.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(ShortNumber, HasThePrefixThatLeavesItBelowAThousand) {
  EXPECT_EQ(format_si(999, "B"), "999 B");
  EXPECT_EQ(format_si(24'576'000, "B"), "24.6 MB");
  EXPECT_EQ(format_si(1'234'567, " parameters"), "1.2 M parameters");
  EXPECT_EQ(format_si(7e15, "B"), "7000.0 TB");
}

}  // namespace
}  // namespace zoetrope::base
