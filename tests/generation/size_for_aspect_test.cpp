#include "zoetrope/generation/size_for_aspect.h"

#include <cmath>

#include <gtest/gtest.h>

namespace zoetrope::generation {
namespace {

using Size = std::pair<int64_t, int64_t>;

model::Defaults defaults() {
  model::Defaults d;
  d.settings.width = d.settings.height = 96;
  d.sizes = {{96, 96}, {128, 72}, {72, 128}};
  d.size_multiple = 8;
  return d;
}

TEST(SizeForAspect, TakesASizeThatTheModelKnows) {
  EXPECT_EQ(size_for_aspect(1, defaults()), Size(96, 96));
  EXPECT_EQ(size_for_aspect(16.0 / 9, defaults()), Size(128, 72));
  EXPECT_EQ(size_for_aspect(0.55, defaults()), Size(72, 128));
}

TEST(SizeForAspect, KeepsTheAreaWhereTheModelKnowsNoneThatIsClose) {
  for (double aspect : {0.25, 0.8, 4.0 / 3, 2.4}) {
    auto [width, height] = size_for_aspect(aspect, defaults());
    EXPECT_EQ(width % 8, 0);
    EXPECT_EQ(height % 8, 0);
    EXPECT_NEAR(std::log(static_cast<double>(width) / static_cast<double>(height)), std::log(aspect), 0.12);
    EXPECT_NEAR(static_cast<double>(width * height) / (96 * 96), 1, 0.15);
  }
}

TEST(SizeForAspect, MeetsTheShapeOfAPhoneInWideMultiples) {
  model::Defaults d = defaults();
  d.sizes = {{96, 96}}, d.size_multiple = 16;
  EXPECT_EQ(size_for_aspect(9.0 / 16, d), Size(80, 144));
  EXPECT_EQ(size_for_aspect(16.0 / 9, d), Size(144, 80));
}

TEST(SizeForAspect, HasSidesHoweverNarrow) { EXPECT_EQ(size_for_aspect(1e4, defaults()).second, 8); }

}  // namespace
}  // namespace zoetrope::generation
