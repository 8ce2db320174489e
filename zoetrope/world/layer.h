#pragma once
#include "zoetrope/world/motion.h"
#include "zoetrope/world/sprite.h"
#include "zoetrope/world/view.h"

namespace zoetrope::world {

/// Paints one object as the camera sees it on `layer`, transparent elsewhere. `scale` is pixels to a unit of the image.
void paint_object(const Object& object, const Sprite& image, const Pose& pose, const View& view, double scale, Bitmap& layer);

/// Lays `layer` over `frame` and adds what it covers to `cover`, one byte a pixel.
void lay_over(const Bitmap& layer, Bitmap& frame, uint8_t* cover);

/// How many pixels of layer `i` can be seen behind those that lie over it.
double seen_area(const std::vector<Bitmap>& layers, size_t i);

}  // namespace zoetrope::world
