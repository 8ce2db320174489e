#include "zoetrope/base/version.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(Version, IsThreeNumbers) { EXPECT_THAT(version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+")); }

TEST(Version, StandsInTheMarkOfFiles) { EXPECT_EQ(program_mark(), std::string("{\"program\": \"zoetrope ") + version() + "\"}"); }

}  // namespace
}  // namespace zoetrope::base
