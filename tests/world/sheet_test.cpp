#include "zoetrope/world/sheet.h"

#include <gtest/gtest.h>

namespace zoetrope::world {
namespace {

TEST(Sheet, HasARowForEachExample) {
  World world((Settings()));
  const data::ClipShape clip{9, 48, 48, {8, 1}};
  Tensor one = sheet(world, clip, 1, 4), three = sheet(world, clip, 3, 4);
  EXPECT_EQ(one.scalar_type(), at::kByte);
  EXPECT_GE(one.size(1), 4 * 48);
  EXPECT_GE(three.size(0), 3 * 48);
  EXPECT_GT(three.size(0), 2 * one.size(0));
}

TEST(Sheet, ShowsASinglePictureOnce) {
  World world((Settings()));
  EXPECT_LT(sheet(world, {1, 96, 96, {16, 1}}, 1).size(1), 4 * 96);
}

}  // namespace
}  // namespace zoetrope::world
