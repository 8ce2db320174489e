#pragma once
#include <algorithm>
#include <array>
#include <numbers>

#include "zoetrope/base/random.h"
#include "zoetrope/world/canvas.h"

namespace zoetrope::world {

/// A sheet for one painted scene with the strokes that scenes share. Lengths are in units of the image's shorter side.
struct BackdropPainter {
  cairo_t* cr;
  double width, height, margin;  // painted from -margin to width + margin, and down likewise
  bool night;
  base::Rng rng;

  double left() const { return -margin; }
  double right() const { return width + margin; }
  /// A place for something small, as a rule in the image.
  double across() { return rng.uniform(-.1, width + .1); }
  /// A little lighter or darker each time, in one tone.
  Rgb vary(uint32_t hex, double amount = .06) {
    const double shift = rng.uniform(-amount, amount);
    Rgb c = rgb(hex);
    return {std::clamp(c.r + shift, 0., 1.), std::clamp(c.g + shift * .9, 0., 1.), std::clamp(c.b + shift * .8, 0., 1.)};
  }
  /// What moonlight leaves of a colour by day.
  Rgb lit(Rgb c) const { return night ? Rgb{c.r * .48, c.g * .47, c.b * .55 + .04} : c; }
  Rgb lit(uint32_t hex) { return lit(vary(hex)); }

  /// A band across the whole sheet that blends from `high` at `top` to `low` at `bottom`.
  void band(double top, double bottom, Rgb high, Rgb low);
  /// Sky down to the horizon: blue by day, dark with a moon and a few stars at night. `day_high` and `day_low` are its colours by day.
  void sky(double horizon, uint32_t day_high, uint32_t day_low);
  /// A soft ridge: everything below `base` and a wave of `amplitude` and `length` above and under it, blending into `low` at the bottom.
  void hills(double base, double amplitude, double length, Rgb high, Rgb low);
  void disc(double x, double y, double radius, Rgb colour, double alpha = 1);
  /// A disc with a soft edge, for glows.
  void glow(double x, double y, double radius, Rgb colour, double alpha);
  void box(double x, double y, double w, double h, Rgb colour);
  void polygon(std::initializer_list<std::pair<double, double>> corners, Rgb colour);
  void cloud(double x, double y, double size);
  /// A fir of stacked triangles that stands at (x, y).
  void fir(double x, double y, double tall, Rgb colour);
};

}  // namespace zoetrope::world
