#pragma once
#include "zoetrope/world/canvas.h"
#include "zoetrope/world/view.h"

namespace zoetrope::world {

/// The scene of a clip: painted once, a little larger than the picture where the camera moves, and shown through the camera's window.
class Stage {
 public:
  Stage(const Scenario& scenario, int width, int height);
  /// Fills `frame` with what the view shows.
  void show(const View& view, Bitmap& frame) const;

 private:
  double margin_, scale_;  // beyond the picture, in units; pixels of the sheet to a unit
  double picture_scale_;   // pixels of a frame to a unit
  Bitmap sheet_;
};

}  // namespace zoetrope::world
