#pragma once
#include "zoetrope/base/json.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// A painted scenario and what is exactly true of it.
struct Rendered {
  Tensor frames;        // [T,H,W,3] uint8, sRGB
  Tensor subject_mask;  // [T,H,W] uint8: how much of the pixel objects cover, 255 for all of it
  /// {scene, night, camera, occluder, fps, objects: [{kind, name, colour, motion, direction, frames: [{x, y, vx, vy, size, angle,
  /// visibility}]}]}. x and y are the centre of mass in parts of the image's width and height (0..1 inside), vx and vy the same a second;
  /// size is the longest side in parts of the image's height; angle is in radians clockwise; visibility is the part of the object that is
  /// inside the image and not behind another one. Of a steered clip, whose motion is "steered", `steering` has for each frame {action,
  /// scene, name, colour}; scene and object of the clip are those of its first frame. `occluder` is {x, width} in parts of the width, or
  /// null.
  base::Json truth;
};

/// Paints a scenario at any size of its aspect ratio, frame rate and length; one frame shows the scenario's `moment`, more begin at time 0.
Rendered render(const Scenario& scenario, const data::ClipShape& shape);

}  // namespace zoetrope::world
