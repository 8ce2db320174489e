#pragma once
#include <functional>
#include <memory>
#include <string>

#include "zoetrope/world/canvas.h"

namespace zoetrope::world {

/// How far an image reaches from its centre of mass (the centroid of what it covers), and the area that it covers. The longest side is 1.
struct Outline {
  double left, top, right, bottom, area;
};

/// The radius of the wheel as which an image rolls.
inline double wheel_radius(const Outline& o) { return .25 * (o.left + o.right + o.top + o.bottom); }

/// What an object looks like. May be painted from many threads at once.
class Sprite {
 public:
  /// Paints into the box from the origin to (width, height), whose longer side is 1; `pixels` is how long that side is on the canvas.
  using Painter = std::function<void(cairo_t* cr, double pixels)>;
  Sprite(double width, double height, Painter painter);

  /// Paints it on a transparent canvas: upright, its centre of mass at the origin, its longest side 1.
  void paint(cairo_t* cr, double pixels) const;
  const Outline& outline() const { return outline_; }

 private:
  Painter painter_;
  Outline outline_;
};

/// The image of an emoji (`colour` empty) or of a plain shape in a colour, made on first use and kept.
std::shared_ptr<const Sprite> sprite(const std::string& name, const std::string& colour);

}  // namespace zoetrope::world
