#include "zoetrope/world/backdrop_painter.h"

#include <gtest/gtest.h>

namespace zoetrope::world {
namespace {

struct Sheet {
  Bitmap bitmap{40, 40};
  Surface target = surface(bitmap);
  Context cr = context(target);
  BackdropPainter painter{cr.get(), 1, 1, 0, false, base::Rng(1)};

  Sheet() { cairo_scale(cr.get(), 40, 40); }
  uint32_t at(int x, int y) const { return bitmap.pixels[static_cast<size_t>(y) * 40 + x]; }
};

TEST(BackdropPainter, ABandBlendsDownwards) {
  Sheet s;
  s.painter.band(0, 1, {0, 0, 0}, {1, 1, 1});
  for (int y = 1; y < 40; ++y) EXPECT_GT(s.at(5, y), s.at(5, y - 1));
  EXPECT_EQ(s.at(0, 20), s.at(39, 20));
}

TEST(BackdropPainter, HillsFillEverythingBelowThem) {
  Sheet s;
  s.painter.hills(.5, .1, .5, {1, 0, 0}, {1, 0, 0});
  for (int x = 0; x < 40; ++x) {
    EXPECT_EQ(s.at(x, 10), 0u);
    EXPECT_EQ(s.at(x, 30), 0xffff0000u);
  }
}

TEST(BackdropPainter, ADiscIsRoundAndSoftAtItsEdge) {
  Sheet s;
  s.painter.disc(.5, .5, .25, {0, 1, 0});
  EXPECT_EQ(s.at(20, 20), 0xff00ff00u);
  EXPECT_EQ(s.at(11, 11), 0u);
  int soft = 0;
  for (uint32_t p : s.bitmap.pixels) soft += p >> 24 > 0 && p >> 24 < 255;
  EXPECT_GT(soft, 20);
}

TEST(BackdropPainter, MoonlightDarkensEveryColour) {
  BackdropPainter day{nullptr, 1, 1, 0, false, base::Rng(1)}, night{nullptr, 1, 1, 0, true, base::Rng(1)};
  Rgb a = day.lit(Rgb{.8, .6, .4}), b = night.lit(Rgb{.8, .6, .4});
  EXPECT_EQ(a.r, .8);
  EXPECT_LT(b.r, a.r);
  EXPECT_LT(b.b, a.b);
}

}  // namespace
}  // namespace zoetrope::world
