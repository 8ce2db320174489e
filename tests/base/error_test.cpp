#include "zoetrope/base/error.h"

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

TEST(InvalidRequest, SaysTheFieldAndTheSentence) {
  InvalidRequest error("frames", "must be 4k+1, got {}", 80);
  EXPECT_STREQ(error.what(), "frames must be 4k+1, got 80");
  EXPECT_EQ(error.field(), "frames");
  EXPECT_EQ(error.sentence(), "must be 4k+1, got 80");
}

}  // namespace
}  // namespace zoetrope::base
