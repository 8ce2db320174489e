#include "zoetrope/base/parse_toml.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"

namespace zoetrope::base {
namespace {

TEST(ParseToml, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_EQ(parse_toml("steps = 5\nrate = 4e-1 # less\n", "run.toml")["rate"].value<double>(), 0.4);
  EXPECT_EQ(complaint<UsageError>([] { parse_toml("steps = 5\nrate\n", "run.toml"); }).find("run.toml:2: "), 0u);
}

}  // namespace
}  // namespace zoetrope::base
