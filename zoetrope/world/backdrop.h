#pragma once
#include "zoetrope/world/canvas.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// How far a painting reaches beyond the picture on every side, more than any camera looks.
constexpr double painted_margin = .2;

/// Paints the scenario's scene on `cr`, whose user space is in the scenario's units: the picture is [0,width] x [0,height].
void paint_backdrop(cairo_t* cr, const Scenario& scenario);

}  // namespace zoetrope::world
