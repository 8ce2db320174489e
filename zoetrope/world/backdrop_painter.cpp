#include "zoetrope/world/backdrop_painter.h"

#include <cmath>

namespace zoetrope::world {
namespace {

void stop(cairo_pattern_t* gradient, double offset, Rgb c, double alpha = 1) {
  cairo_pattern_add_color_stop_rgba(gradient, offset, c.r, c.g, c.b, alpha);
}

}  // namespace

void BackdropPainter::band(double top, double bottom, Rgb high, Rgb low) {
  constexpr double overlap = .1;  // under what comes next, or the two soft edges would let the bare sheet through
  Pattern gradient(cairo_pattern_create_linear(0, top, 0, bottom), cairo_pattern_destroy);
  stop(gradient.get(), 0, high);
  stop(gradient.get(), 1, low);
  cairo_set_source(cr, gradient.get());
  cairo_rectangle(cr, left(), top, right() - left(), bottom - top + overlap);
  cairo_fill(cr);
}

void BackdropPainter::sky(double horizon, uint32_t day_high, uint32_t day_low) {
  constexpr double overlap = .12;  // hills that rise from the horizon leave valleys
  if (!night) {
    band(left(), horizon + overlap, vary(day_high, .04), vary(day_low, .03));
    return;
  }
  band(left(), horizon + overlap, vary(0x0b1030, .02), vary(0x2c3566, .03));
  const int stars = 8 + static_cast<int>(rng.below(6));
  for (int i = 0; i < stars; ++i) disc(across(), rng.uniform(0, horizon * .8), .009, {.95, .95, .85}, .9);
  const double x = rng.uniform(.15, .85) * width, y = rng.uniform(.12, .22) * height;
  glow(x, y, .16, {.8, .85, 1}, .35);
  disc(x, y, .075, {.96, .95, .86});
}

void BackdropPainter::hills(double base, double amplitude, double length, Rgb high, Rgb low) {
  const double phase = rng.uniform(0, 6.28), bottom = height + margin;
  Pattern gradient(cairo_pattern_create_linear(0, base - amplitude, 0, bottom), cairo_pattern_destroy);
  stop(gradient.get(), 0, high);
  stop(gradient.get(), 1, low);
  cairo_move_to(cr, left(), bottom);
  for (double x = left(); x < right() + .04; x += .04)
    cairo_line_to(cr, x, base + amplitude * std::sin(2 * std::numbers::pi * x / length + phase));
  cairo_line_to(cr, right() + .05, bottom);
  cairo_set_source(cr, gradient.get());
  cairo_fill(cr);
}

void BackdropPainter::disc(double x, double y, double radius, Rgb colour, double alpha) {
  set_colour(cr, colour, alpha);
  cairo_new_path(cr);
  cairo_arc(cr, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(cr);
}

void BackdropPainter::glow(double x, double y, double radius, Rgb colour, double alpha) {
  Pattern gradient(cairo_pattern_create_radial(x, y, 0, x, y, radius), cairo_pattern_destroy);
  stop(gradient.get(), 0, colour, alpha);
  stop(gradient.get(), 1, colour, 0);
  cairo_set_source(cr, gradient.get());
  cairo_rectangle(cr, x - radius, y - radius, 2 * radius, 2 * radius);
  cairo_fill(cr);
}

void BackdropPainter::box(double x, double y, double w, double h, Rgb colour) {
  set_colour(cr, colour);
  cairo_rectangle(cr, x, y, w, h);
  cairo_fill(cr);
}

void BackdropPainter::polygon(std::initializer_list<std::pair<double, double>> corners, Rgb colour) {
  set_colour(cr, colour);
  for (auto [x, y] : corners) cairo_line_to(cr, x, y);
  cairo_close_path(cr);
  cairo_fill(cr);
}

void BackdropPainter::cloud(double x, double y, double size) {
  const Rgb white = night ? Rgb{.25, .28, .42} : Rgb{1, 1, 1};
  for (auto [dx, dy, r] : {std::array{-.55, .05, .3}, {0., -.08, .42}, {.5, .04, .32}}) disc(x + dx * size, y + dy * size, r * size, white);
  box(x - .55 * size, y + .05 * size, 1.05 * size, .3 * size, white);
}

void BackdropPainter::fir(double x, double y, double tall, Rgb colour) {
  box(x - .04 * tall, y - .15 * tall, .08 * tall, .15 * tall, mix(colour, rgb(0x4a3020), .6));
  for (int i = 0; i < 3; ++i) {
    const double low = y - tall * (.1 + .25 * i), half = tall * (.3 - .06 * i);
    polygon({{x, low - .4 * tall}, {x + half, low}, {x - half, low}}, colour);
  }
}

}  // namespace zoetrope::world
