#pragma once
#include <algorithm>

#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// The part of the world that the camera shows at one moment, in the scenario's units.
struct View {
  double x, y, zoom;  // corner, and how much it magnifies: the view is width / zoom wide

  double across(double world_x) const { return (world_x - x) * zoom; }
  double down(double world_y) const { return (world_y - y) * zoom; }
};

/// How far views may reach beyond the image of a camera that stands still.
constexpr double view_margin = .12;

inline View view_at(const Scenario& s, double time) {
  using enum Camera::Move;
  const double part = std::clamp(time / std::max(s.seconds, 1e-6), 0.0, 1.0);
  switch (s.camera.move) {
    case left:
      return {s.camera.amount * (.5 - part), 0, 1};
    case right:
      return {s.camera.amount * (part - .5), 0, 1};
    case in:
    case out: {
      const double zoom = 1 + s.camera.amount * (s.camera.move == in ? part : 1 - part);
      return {s.width * (1 - 1 / zoom) / 2, s.height * (1 - 1 / zoom) / 2, zoom};
    }
    default:
      return {0, 0, 1};
  }
}

}  // namespace zoetrope::world
