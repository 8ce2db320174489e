#include "zoetrope/world/backdrop.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

Bitmap painted(const std::string& scene, bool night, uint64_t seed, double width = 1, double height = 1) {
  Scenario s;
  s.scene = scene, s.night = night, s.scene_seed = seed, s.width = width, s.height = height;
  constexpr double margin = .15, scale = 64;
  Bitmap sheet(static_cast<int>((width + 2 * margin) * scale), static_cast<int>((height + 2 * margin) * scale));
  Surface target = surface(sheet);
  Context cr = context(target);
  cairo_scale(cr.get(), scale, scale);
  cairo_translate(cr.get(), margin, margin);
  paint_backdrop(cr.get(), s);
  cairo_surface_flush(target.get());
  return sheet;
}

double brightness(const Bitmap& sheet) {
  double sum = 0;
  for (uint32_t p : sheet.pixels) sum += (p >> 16 & 255) + (p >> 8 & 255) + (p & 255);
  return sum / (765.0 * static_cast<double>(sheet.pixels.size()));
}

TEST(Backdrop, CoversEveryPixelOfEveryScene) {
  for (const Scene& scene : scenes())
    for (bool night : {false, true})
      for (uint64_t seed = 0; seed < 8; ++seed)
        for (auto [width, height] : {std::pair(1., 1.), {1.7778, 1.}, {1., 1.7778}}) {
          Bitmap sheet = painted(scene.name, night && scene.has_night, seed, width, height);
          size_t holes = 0;
          for (uint32_t p : sheet.pixels) holes += p >> 24 != 255;
          EXPECT_EQ(holes, 0u) << scene.name << (night ? " at night" : "") << ", seed " << seed << ", width " << width;
        }
}

TEST(Backdrop, NightIsDark) {
  for (const Scene& scene : scenes())
    if (scene.has_night) {
      EXPECT_LT(brightness(painted(scene.name, true, 1)), .6 * brightness(painted(scene.name, false, 1))) << scene.name;
    }
}

TEST(Backdrop, SeedsVaryAScene) {
  for (const Scene& scene : scenes()) {
    EXPECT_NE(painted(scene.name, false, 1).pixels, painted(scene.name, false, 2).pixels) << scene.name;
    EXPECT_EQ(painted(scene.name, false, 1).pixels, painted(scene.name, false, 1).pixels) << scene.name;
  }
}

TEST(Backdrop, AnUnknownSceneIsAnError) { EXPECT_THROW(painted("atlantis", false, 1), base::Error); }

Scenario street(Camera::Move move, double amount) {
  Scenario s;
  s.scene = "street";
  s.scene_seed = 4;
  s.camera = {move, amount};
  return s;
}

double difference(const Bitmap& a, const Bitmap& b, int shift = 0) {
  double sum = 0;
  int count = 0;
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x + shift < a.width; ++x, ++count)
      sum +=
          std::abs(static_cast<int>(a.pixels[y * a.width + x + shift] >> 8 & 255) - static_cast<int>(b.pixels[y * b.width + x] >> 8 & 255));
  return sum / count;
}

TEST(View, PansAndZoomsWithTheScenariosTime) {
  Scenario pan = street(Camera::Move::right, .2);
  EXPECT_NEAR(view_at(pan, 0).x, -.1, 1e-12);
  EXPECT_NEAR(view_at(pan, 2).x, .1, 1e-12);
  EXPECT_NEAR(view_at(pan, 9).x, .1, 1e-12);
  Scenario zoom = street(Camera::Move::in, .25);
  View near = view_at(zoom, 2);
  EXPECT_NEAR(near.zoom, 1.25, 1e-12);
  EXPECT_NEAR(near.across(.5), .5, 1e-12);  // the middle stays
  EXPECT_NEAR(near.across(near.x), 0, 1e-12);
}

TEST(Backdrop, AStillCameraSeesTheSameForEver) {
  Scenario s = street(Camera::Move::still, 0);
  Backdrop backdrop(s, 64, 64);
  Bitmap first(64, 64), last(64, 64);
  backdrop.show(view_at(s, 0), first);
  backdrop.show(view_at(s, 2), last);
  EXPECT_EQ(first.pixels, last.pixels);
}

TEST(Backdrop, PanningRightMovesTheSceneLeft) {
  Scenario s = street(Camera::Move::right, .125);  // eight pixels in all
  Backdrop backdrop(s, 64, 64);
  Bitmap first(64, 64), last(64, 64);
  backdrop.show(view_at(s, 0), first);
  backdrop.show(view_at(s, 2), last);
  EXPECT_GT(difference(first, last), 5);
  EXPECT_LT(difference(first, last, 8), .5);
}

TEST(Backdrop, EveryWindowIsFilled) {
  for (auto move : {Camera::Move::left, Camera::Move::right, Camera::Move::in, Camera::Move::out}) {
    Scenario s = street(move, .22);
    Backdrop backdrop(s, 50, 50);
    for (double time : {0., 1., 2.}) {
      Bitmap frame(50, 50);
      backdrop.show(view_at(s, time), frame);
      for (uint32_t p : frame.pixels) ASSERT_EQ(p >> 24, 255u);
    }
  }
}

}  // namespace
}  // namespace zoetrope::world
