#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <cairo/cairo.h>

namespace zoetrope::world {

/// A colour, each part in 0..1.
struct Rgb {
  double r, g, b;
};
inline Rgb rgb(uint32_t hex) { return {(hex >> 16) / 255.0, (hex >> 8 & 255) / 255.0, (hex & 255) / 255.0}; }
inline Rgb mix(Rgb a, Rgb b, double part) { return {a.r + (b.r - a.r) * part, a.g + (b.g - a.g) * part, a.b + (b.b - a.b) * part}; }

/// Pixels in memory, premultiplied ARGB of 32 bits, row by row without gaps.
struct Bitmap {
  Bitmap(int width, int height) : width(width), height(height), pixels(static_cast<size_t>(width) * height) {}
  int width, height;
  std::vector<uint32_t> pixels;
};

/// Cairo over a bitmap that outlives it. Cairo's own objects are never shared between threads, bitmaps may be read by many.
using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;
using Pattern = std::unique_ptr<cairo_pattern_t, decltype(&cairo_pattern_destroy)>;

inline Surface surface(const Bitmap& bitmap) {
  auto* data = reinterpret_cast<unsigned char*>(const_cast<uint32_t*>(bitmap.pixels.data()));  // Cairo knows no read-only source
  return {cairo_image_surface_create_for_data(data, CAIRO_FORMAT_ARGB32, bitmap.width, bitmap.height, bitmap.width * 4),
          cairo_surface_destroy};
}
inline Context context(const Surface& surface) { return {cairo_create(surface.get()), cairo_destroy}; }
inline void set_colour(cairo_t* cr, Rgb c, double alpha = 1) { cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha); }

}  // namespace zoetrope::world
