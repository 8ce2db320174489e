#include "zoetrope/world/sprite.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>

#include "zoetrope/base/error.h"
#include "zoetrope/world/emoji_font.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

/// Adds a transparent rim, so that edges blend into nothing, and scales by `factor`, each pixel the mean of what it covers.
Bitmap shrink(const Bitmap& from, double factor) {
  Bitmap to(static_cast<int>(std::ceil(from.width * factor)) + 2, static_cast<int>(std::ceil(from.height * factor)) + 2);
  Surface source = surface(from), target = surface(to);
  Context cr = context(target);
  cairo_translate(cr.get(), 1, 1);
  cairo_scale(cr.get(), factor, factor);
  cairo_set_source_surface(cr.get(), source.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cr.get()), CAIRO_FILTER_GOOD);
  cairo_paint(cr.get());
  cairo_surface_flush(target.get());
  return to;
}

/// A bitmap in sizes half an octave apart, so that what is drawn small is filtered well by bilinear interpolation alone.
Sprite bitmap_picture(const Bitmap& original) {
  struct Level {
    double factor;
    Bitmap bitmap;
  };
  auto levels = std::make_shared<std::vector<Level>>();
  const double longest = std::max(original.width, original.height);
  for (double factor = 1; longest * factor >= 4; factor *= std::numbers::sqrt2 / 2) levels->push_back({factor, shrink(original, factor)});
  auto painter = [levels, longest](cairo_t* cr, double pixels) {
    const Level* level = &levels->front();
    for (const Level& smaller : *levels)
      if (longest * smaller.factor >= pixels) level = &smaller;
    Surface source = surface(level->bitmap);
    cairo_save(cr);
    cairo_scale(cr, 1 / (longest * level->factor), 1 / (longest * level->factor));
    cairo_set_source_surface(cr, source.get(), -1, -1);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_BILINEAR);
    cairo_paint(cr);
    cairo_restore(cr);
  };
  return {original.width / longest, original.height / longest, painter};
}

void trace_polygon(cairo_t* cr, int corners, double inner) {
  for (int i = 0; i < corners; ++i) {
    double radius = i % 2 == 0 ? 1 : inner, angle = 2 * std::numbers::pi * i / corners;
    cairo_line_to(cr, radius * std::sin(angle), -radius * std::cos(angle));
  }
  cairo_close_path(cr);
}

struct Form {
  double width, height;  // of the box, the longer one 1
  std::function<void(cairo_t*)> trace;
};

/// The path of a plain shape within its box.
Form form(const std::string& name) {
  if (name == "circle") return {1, 1, [](cairo_t* cr) { cairo_arc(cr, .5, .5, .5, 0, 2 * std::numbers::pi); }};
  if (name == "square") return {.9, .9, [](cairo_t* cr) { cairo_rectangle(cr, 0, 0, .9, .9); }};
  if (name == "triangle")
    return {1, .88, [](cairo_t* cr) {
              cairo_move_to(cr, .5, 0), cairo_line_to(cr, 1, .88), cairo_line_to(cr, 0, .88);
              cairo_close_path(cr);
            }};
  if (name == "star")
    return {1, .951, [](cairo_t* cr) {
              constexpr double radius = .5257;  // of the circle around a star that is 1 wide
              cairo_translate(cr, .5, radius);
              cairo_scale(cr, radius, radius);
              trace_polygon(cr, 10, .45);
            }};
  if (name == "heart")
    return {1, .92, [](cairo_t* cr) {
              cairo_move_to(cr, .5, .92);
              cairo_curve_to(cr, .2, .7, 0, .5, 0, .27);
              cairo_curve_to(cr, 0, -.06, .4, -.1, .5, .2);
              cairo_curve_to(cr, .6, -.1, 1, -.06, 1, .27);
              cairo_curve_to(cr, 1, .5, .8, .7, .5, .92);
              cairo_close_path(cr);
            }};
  throw base::Error("the shape '{}' has no outline", name);
}

/// A filled shape with a thin rim of a darker tone (lighter for black), so that white on snow and black at night keep their form.
Sprite shape_picture(const std::string& name, Rgb colour) {
  Form shape = form(name);
  Rgb rim = colour.r + colour.g + colour.b < .4 ? mix(colour, {1, 1, 1}, .4) : mix(colour, {0, 0, 0}, .35);
  auto painter = [=](cairo_t* cr, double) {
    cairo_save(cr);
    shape.trace(cr);
    cairo_restore(cr);
    set_colour(cr, colour);
    cairo_fill_preserve(cr);
    cairo_save(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_ATOP);  // on the fill alone: the inner half of the stroke
    set_colour(cr, rim);
    cairo_set_line_width(cr, .1);
    cairo_stroke(cr);
    cairo_restore(cr);
  };
  return {shape.width, shape.height, painter};
}

}  // namespace

Sprite::Sprite(double width, double height, Painter painter) : painter_(std::move(painter)) {
  constexpr int pixels = 160, rim = 2;
  Bitmap sample(pixels + 2 * rim, pixels + 2 * rim);
  Surface target = surface(sample);
  Context cr = context(target);
  cairo_translate(cr.get(), rim, rim);
  cairo_scale(cr.get(), pixels, pixels);
  painter_(cr.get(), pixels);
  cairo_surface_flush(target.get());

  double mass = 0, x = 0, y = 0;
  for (int row = 0; row < sample.height; ++row)
    for (int column = 0; column < sample.width; ++column) {
      double alpha = (sample.pixels[static_cast<size_t>(row) * sample.width + column] >> 24) / 255.0;
      mass += alpha;
      x += alpha * (column + .5 - rim) / pixels;
      y += alpha * (row + .5 - rim) / pixels;
    }
  x /= mass, y /= mass;
  outline_ = {x, y, width - x, height - y, mass / (pixels * pixels)};
}

void Sprite::paint(cairo_t* cr, double pixels) const {
  cairo_save(cr);
  cairo_translate(cr, -outline_.left, -outline_.top);
  painter_(cr, pixels);
  cairo_restore(cr);
}

std::shared_ptr<const Sprite> sprite(const std::string& name, const std::string& colour) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Sprite>> made;
  std::lock_guard lock(mutex);
  auto& kept = made[name + "|" + colour];
  if (!kept) {
    const Emoji* emoji = colour.empty() ? find_emoji(name) : nullptr;
    const Colour* paint = find_colour(colour);
    if (!emoji && !paint) throw base::Error("there is no sprite of '{}' in the colour '{}'", name, colour);
    kept = std::make_shared<Sprite>(emoji ? bitmap_picture(emoji_bitmap(emoji->character)) : shape_picture(name, rgb(paint->rgb)));
  }
  return kept;
}

}  // namespace zoetrope::world
