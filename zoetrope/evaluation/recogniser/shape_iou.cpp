#include "zoetrope/evaluation/recogniser/shape_iou.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "zoetrope/world/layer.h"

namespace zoetrope::evaluation {
namespace {

constexpr double smallest_area = .001;  // of the shorter side's square: below, there is nothing to compare

std::vector<double> possible_turns(const std::string& motion) {
  constexpr int steps = 24;
  if (motion == "swings") return {-.3, -.15, 0, .15, .3};
  if (motion != "rolls" && motion != "spins" && motion != "topples" && motion != "collides") return {-.15, 0, .15};  // what floats sways
  std::vector<double> turns;
  for (int i = 0; i < steps; ++i) turns.push_back(2 * std::numbers::pi * i / steps);
  return turns;
}

/// What a mask covers, in pixels, and where its middle is.
struct Centroid {
  double x = 0, y = 0, area = 0;
};

Centroid find(const float* mask, int64_t height, int64_t width) {
  Centroid s;
  for (int64_t row = 0; row < height; ++row)
    for (int64_t column = 0; column < width; ++column) {
      const double m = mask[row * width + column];
      s.area += m;
      s.x += m * (static_cast<double>(column) + .5);
      s.y += m * (static_cast<double>(row) + .5);
    }
  s.x /= std::max(s.area, 1e-9), s.y /= std::max(s.area, 1e-9);
  return s;
}

/// The overlap of a mask with a silhouette of `area` pixels, of which those that are not in the image are not in the mask.
double overlap(const float* mask, const world::Bitmap& silhouette, double area) {
  double both = 0, either = 0;
  for (size_t i = 0; i < silhouette.pixels.size(); ++i) {
    const double a = mask[i], b = static_cast<double>(silhouette.pixels[i] >> 24) / 255;
    both += std::min(a, b);
    either += std::max(a, b);
    area -= b;
  }
  return both / (either + std::max(area, 0.));
}

}  // namespace

double shape_iou(const Tensor& mask, const world::Object& object) {
  Tensor values = mask.to(at::kFloat).contiguous();
  const float* m = values.const_data_ptr<float>();
  const int64_t height = values.size(0), width = values.size(1);
  const double scale = static_cast<double>(std::min(height, width));
  const Centroid centroid = find(m, height, width);
  if (centroid.area < smallest_area * scale * scale) return 0;

  auto image = world::sprite(object.name, object.colour);
  const double size = std::sqrt(centroid.area / image->outline().area) / scale;
  world::Bitmap silhouette(static_cast<int>(width), static_cast<int>(height));
  double best = 0;
  for (bool mirrored : {false, true})
    for (double turn : possible_turns(object.motion)) {
      world::paint_object(*image, {centroid.x / scale, centroid.y / scale, size, turn, mirrored}, {0, 0, 1}, scale, silhouette);
      best = std::max(best, overlap(m, silhouette, centroid.area));
    }
  return best;
}

}  // namespace zoetrope::evaluation
