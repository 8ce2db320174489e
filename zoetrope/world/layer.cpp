#include "zoetrope/world/layer.h"

#include <algorithm>
#include <array>

#include "zoetrope/base/random.h"

namespace zoetrope::world {
namespace {

uint32_t alpha_of(uint32_t pixel) { return pixel >> 24; }

/// The part of `value` that a cover of `alpha` lets through, both in 0..255.
uint32_t through(uint32_t value, uint32_t alpha) { return (value * (255 - alpha) + 127) / 255; }

}  // namespace

void paint_object(const Sprite& image, const Pose& pose, const View& view, double scale, Bitmap& layer) {
  std::fill(layer.pixels.begin(), layer.pixels.end(), 0);
  Surface target = surface(layer);
  Context cr = context(target);
  const double pixels = pose.size * view.zoom * scale;
  cairo_translate(cr.get(), view.across(pose.x) * scale, view.down(pose.y) * scale);
  cairo_rotate(cr.get(), pose.angle);
  cairo_scale(cr.get(), pose.mirrored ? -pixels : pixels, pixels);
  image.paint(cr.get(), pixels);
  cairo_surface_flush(target.get());
}

void paint_occluder(const Occluder& wall, double height, const View& view, double scale, Bitmap& layer) {
  constexpr double course = .07, brick = .15, joint = .006, foot = .97;
  constexpr std::array<uint32_t, 4> tones = {0xa8563e, 0x8c8f96, 0xd8cfc0, 0x8a6a48};
  std::fill(layer.pixels.begin(), layer.pixels.end(), 0);
  Surface target = surface(layer);
  Context cr = context(target);
  cairo_scale(cr.get(), scale * view.zoom, scale * view.zoom);
  cairo_translate(cr.get(), -view.x, -view.y);
  const Rgb tone = rgb(tones[wall.seed % tones.size()]);
  const double left = wall.x - wall.width / 2, top = -view_margin, bottom = foot * height;
  cairo_rectangle(cr.get(), left, top, wall.width, bottom - top);
  cairo_clip(cr.get());
  set_colour(cr.get(), mix(tone, {1, 1, 1}, .3));
  cairo_paint(cr.get());
  base::Rng rng(wall.seed);
  for (int row = 0; top + row * course < bottom; ++row)
    for (double x = left - (row % 2) * brick / 2; x < left + wall.width; x += brick) {
      set_colour(cr.get(), mix(tone, {0, 0, 0}, rng.uniform(0, .18)));
      cairo_rectangle(cr.get(), x + joint, top + row * course + joint, brick - 2 * joint, course - 2 * joint);
      cairo_fill(cr.get());
    }
  cairo_surface_flush(target.get());
}

void lay_over(const Bitmap& layer, Bitmap& frame, uint8_t* cover, Covers covers) {
  for (size_t i = 0; i < layer.pixels.size(); ++i) {
    const uint32_t above = layer.pixels[i], below = frame.pixels[i], alpha = alpha_of(above);
    if (alpha == 0) continue;
    auto part = [&](int shift) { return std::min((above >> shift & 255) + through(below >> shift & 255, alpha), 255u) << shift; };
    frame.pixels[i] = 0xff000000u | part(16) | part(8) | part(0);
    cover[i] = static_cast<uint8_t>((covers == Covers::subject ? alpha : 0) + through(cover[i], alpha));
  }
}

double seen_area(const std::vector<Bitmap>& layers, size_t i) {
  uint64_t area = 0;
  for (size_t pixel = 0; pixel < layers[i].pixels.size(); ++pixel) {
    uint32_t seen = alpha_of(layers[i].pixels[pixel]);
    for (size_t above = i + 1; above < layers.size() && seen != 0; ++above) seen = through(seen, alpha_of(layers[above].pixels[pixel]));
    area += seen;
  }
  return static_cast<double>(area) / 255;
}

}  // namespace zoetrope::world
