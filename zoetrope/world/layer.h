#pragma once
#include "zoetrope/world/motion.h"
#include "zoetrope/world/scenario.h"
#include "zoetrope/world/sprite.h"
#include "zoetrope/world/view.h"

namespace zoetrope::world {

/// Paints one object as the camera sees it on `layer`, transparent elsewhere. `scale` is pixels to a unit of the image.
void paint_object(const Sprite& image, const Pose& pose, const View& view, double scale, Bitmap& layer);

/// Paints a wall that stands on the ground of a picture of `height`, as `paint_object` does.
void paint_occluder(const Occluder& wall, double height, const View& view, double scale, Bitmap& layer);

/// Lays `layer` over `frame`. What it covers is added to `cover`, one byte a pixel, if it is a subject, and taken from it if it hides one.
enum class Covers { subject, hides };
void lay_over(const Bitmap& layer, Bitmap& frame, uint8_t* cover, Covers covers = Covers::subject);

/// How many pixels of layer `i` can be seen behind those that lie over it.
double seen_area(const std::vector<Bitmap>& layers, size_t i);

}  // namespace zoetrope::world
