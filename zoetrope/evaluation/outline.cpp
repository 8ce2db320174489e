#include "zoetrope/evaluation/outline.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "zoetrope/world/layer.h"

namespace zoetrope::evaluation {
namespace {

constexpr double smallest_area = .001;  // of the picture: below, there is nothing to compare

std::vector<double> possible_turns(const std::string& motion) {
  constexpr int steps = 24;
  if (motion != "rolls" && motion != "spins" && motion != "topples" && motion != "collides") return {-.15, 0, .15};  // what floats sways
  std::vector<double> turns;
  for (int i = 0; i < steps; ++i) turns.push_back(2 * std::numbers::pi * i / steps);
  return turns;
}

double overlap(const float* mask, const world::Bitmap& silhouette) {
  double both = 0, either = 0;
  for (size_t i = 0; i < silhouette.pixels.size(); ++i) {
    const double a = mask[i], b = static_cast<double>(silhouette.pixels[i] >> 24) / 255;
    both += std::min(a, b);
    either += std::max(a, b);
  }
  return either > 0 ? both / either : 0;
}

/// Where a mask's mass is, in units of the shorter side.
struct Spot {
  double x = 0, y = 0, area = 0;
};

Spot find(const float* mask, int64_t height, int64_t width, double scale) {
  Spot s;
  double mass = 0;
  for (int64_t row = 0; row < height; ++row)
    for (int64_t column = 0; column < width; ++column) {
      const double m = mask[row * width + column];
      mass += m;
      s.x += m * (static_cast<double>(column) + .5);
      s.y += m * (static_cast<double>(row) + .5);
    }
  s.x /= std::max(mass, 1e-9) * scale, s.y /= std::max(mass, 1e-9) * scale;
  s.area = mass / (scale * scale);
  return s;
}

}  // namespace

double outline_overlap(const Tensor& mask, const world::Object& object) {
  Tensor values = mask.to(at::kFloat).contiguous();
  const float* m = values.const_data_ptr<float>();
  const int64_t height = values.size(0), width = values.size(1);
  const double scale = static_cast<double>(std::min(height, width));
  const Spot spot = find(m, height, width, scale);
  if (spot.area < smallest_area) return 0;

  auto picture = world::picture(object.name, object.colour);
  const double size = std::sqrt(spot.area / picture->outline().area);
  world::Bitmap silhouette(static_cast<int>(width), static_cast<int>(height));
  double best = 0;
  for (bool mirrored : {false, true})
    for (double turn : possible_turns(object.motion)) {
      world::Object drawn = object;
      drawn.mirrored = mirrored;
      world::paint_object(drawn, *picture, {spot.x, spot.y, size, turn}, {0, 0, 1}, scale, silhouette);
      best = std::max(best, overlap(m, silhouette));
    }
  return best;
}

}  // namespace zoetrope::evaluation
