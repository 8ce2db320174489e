#include "zoetrope/world/stage.h"

#include <cmath>

#include "zoetrope/world/backdrop.h"

namespace zoetrope::world {
namespace {

bool zooms(const Camera& camera) { return camera.move == Camera::Move::in || camera.move == Camera::Move::out; }
bool pans(const Camera& camera) { return camera.move == Camera::Move::left || camera.move == Camera::Move::right; }

Bitmap sheet(const Scenario& s, double margin, double scale) {
  auto side = [&](double length) { return static_cast<int>(std::ceil((length + 2 * margin) * scale - 1e-6)); };
  Bitmap sheet(side(s.width), side(s.height));
  Surface target = surface(sheet);
  Context cr = context(target);
  cairo_scale(cr.get(), scale, scale);
  cairo_translate(cr.get(), margin, margin);
  paint_backdrop(cr.get(), s);
  cairo_surface_flush(target.get());
  return sheet;
}

}  // namespace

Stage::Stage(const Scenario& s, int width, int height)
    : margin_(pans(s.camera) ? view_margin : 0),
      scale_(std::min(width, height) *
             (zooms(s.camera) ? 1 + s.camera.amount / 2 : 1)),  // sharp enough for the nearest view, not too fine for the farthest
      picture_scale_(std::min(width, height)),
      sheet_(sheet(s, margin_, scale_)) {}

void Stage::show(const View& view, Bitmap& frame) const {
  Surface source = surface(sheet_), target = surface(frame);
  Context cr = context(target);
  cairo_scale(cr.get(), view.zoom * picture_scale_ / scale_, view.zoom * picture_scale_ / scale_);
  cairo_set_source_surface(cr.get(), source.get(), -(view.x + margin_) * scale_, -(view.y + margin_) * scale_);
  cairo_pattern_set_filter(cairo_get_source(cr.get()), CAIRO_FILTER_BILINEAR);
  cairo_pattern_set_extend(cairo_get_source(cr.get()), CAIRO_EXTEND_PAD);
  cairo_paint(cr.get());
  cairo_surface_flush(target.get());
}

}  // namespace zoetrope::world
