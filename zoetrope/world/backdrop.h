#pragma once
#include "zoetrope/world/canvas.h"
#include "zoetrope/world/scenario.h"
#include "zoetrope/world/view.h"

namespace zoetrope::world {

/// How far a backdrop extends beyond the image on every side, more than any camera shows.
constexpr double painted_margin = .2;

/// Paints the scenario's scene on `cr`, whose user space is in the scenario's units: the image is [0,width] x [0,height].
void paint_backdrop(cairo_t* cr, const Scenario& scenario);

/// The backdrop of a clip: painted once, larger than the image if the camera moves, and shown through the camera's view.
class Backdrop {
 public:
  Backdrop(const Scenario& scenario, int width, int height);
  /// Fills `frame` with what the view shows.
  void show(const View& view, Bitmap& frame) const;

 private:
  double margin_, scale_;  // beyond the image, in units; pixels of the canvas per unit
  double picture_scale_;   // pixels of a frame per unit
  Bitmap sheet_;
};

}  // namespace zoetrope::world
