#include "zoetrope/world/contact_sheet.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::world {
namespace {

TEST(ContactSheet, HasARowForEachExample) {
  World world((Settings()));
  const data::ClipShape clip{9, 48, 48, {8, 1}};
  base::Observer observer;
  Tensor one = contact_sheet(world, clip, 1, observer, 4), three = contact_sheet(world, clip, 3, observer, 4);
  EXPECT_EQ(one.scalar_type(), at::kByte);
  EXPECT_GE(one.size(1), 4 * 48);
  EXPECT_GE(three.size(0), 3 * 48);
  EXPECT_GT(three.size(0), 2 * one.size(0));
}

TEST(ContactSheet, ShowsASingleImageOnce) {
  World world((Settings()));
  base::Observer observer;
  EXPECT_LT(contact_sheet(world, {1, 96, 96, {16, 1}}, 1, observer).size(1), 4 * 96);
}

TEST(ContactSheet, StopsWhenItShould) {
  struct Stop : base::Observer {
    bool cancelled() const override { return true; }
  } observer;
  EXPECT_THROW(contact_sheet(World((Settings())), {1, 96, 96, {16, 1}}, 1, observer), base::Cancelled);
}

}  // namespace
}  // namespace zoetrope::world
