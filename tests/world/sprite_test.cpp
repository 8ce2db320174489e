#include "zoetrope/world/sprite.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

/// Paints with the longest side `pixels` and the centre of mass in the middle of a canvas of twice that.
Bitmap painted(const Sprite& image, int pixels) {
  Bitmap canvas(2 * pixels, 2 * pixels);
  Surface target = surface(canvas);
  Context cr = context(target);
  cairo_translate(cr.get(), pixels, pixels);
  cairo_scale(cr.get(), pixels, pixels);
  image.paint(cr.get(), pixels);
  cairo_surface_flush(target.get());
  return canvas;
}

struct Moments {
  double area = 0, x = 0, y = 0;
};

Moments moments(const Bitmap& canvas) {
  Moments m;
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x) {
      double alpha = (canvas.pixels[static_cast<size_t>(y) * canvas.width + x] >> 24) / 255.0;
      m.area += alpha, m.x += alpha * (x + .5), m.y += alpha * (y + .5);
    }
  m.x /= m.area, m.y /= m.area;
  return m;
}

TEST(Sprite, AreasOfShapesAreThoseOfGeometry) {
  EXPECT_NEAR(sprite("circle", "red")->outline().area, std::numbers::pi / 4, 2e-3);
  EXPECT_NEAR(sprite("square", "red")->outline().area, .81, 2e-3);
  EXPECT_NEAR(sprite("triangle", "red")->outline().area, .44, 2e-3);
}

TEST(Sprite, CentreOfMassOfATriangleIsAThirdFromItsBase) {
  Outline o = sprite("triangle", "blue")->outline();
  EXPECT_NEAR(o.bottom, .88 / 3, 2e-3);
  EXPECT_NEAR(o.left, .5, 2e-3);
  EXPECT_NEAR(o.top + o.bottom, .88, 1e-9);
}

TEST(Sprite, EveryObjectIsCentredAndFillsItsAreaAtEverySize) {
  for (const Emoji& e : emoji())
    for (int pixels : {12, 31, 64, 200}) {
      auto p = sprite(e.name, "");
      Moments m = moments(painted(*p, pixels));
      EXPECT_NEAR(m.x, pixels, .03 * pixels + .1) << e.name << " at " << pixels;
      EXPECT_NEAR(m.y, pixels, .03 * pixels + .1) << e.name << " at " << pixels;
      EXPECT_NEAR(m.area / (pixels * pixels) / p->outline().area, 1, .04) << e.name << " at " << pixels;
      EXPECT_GT(p->outline().area, .12) << e.name << " is too thin to be seen";
      EXPECT_NEAR(std::max(p->outline().left + p->outline().right, p->outline().top + p->outline().bottom), 1, 1e-9);
    }
}

TEST(Sprite, EdgesAreAntiAliased) {
  for (const char* name : {"circle", "star"}) {
    int between = 0;
    for (uint32_t pixel : painted(*sprite(name, "green"), 32).pixels) between += (pixel >> 24) > 20 && (pixel >> 24) < 235;
    EXPECT_GT(between, 30) << name;
  }
}

TEST(Sprite, ShapesHaveTheirColourInTheMiddle) {
  for (const Colour& c : colours())
    for (const Shape& s : shapes()) {
      Bitmap canvas = painted(*sprite(s.name, c.name), 40);
      EXPECT_EQ(canvas.pixels[40 * 80 + 40], 0xff000000u | c.rgb) << c.name << " " << s.name;
    }
}

TEST(Sprite, WhatHasNoImageIsAnError) {
  EXPECT_THROW(sprite("unicorn", ""), base::Error);
  EXPECT_THROW(sprite("circle", "beige"), base::Error);
  EXPECT_THROW(sprite("hexagon", "red"), base::Error);
}

}  // namespace
}  // namespace zoetrope::world
