#include "zoetrope/world/backdrop.h"

#include <cmath>

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

}  // namespace
}  // namespace zoetrope::world
