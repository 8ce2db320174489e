#pragma once
#include "zoetrope/world/canvas.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// Paints the scenario's scene on `cr`, whose user space is in the scenario's units: the picture is [0,width] x [0,height], and the
/// painting reaches `margin` beyond it on every side.
void paint_backdrop(cairo_t* cr, const Scenario& scenario, double margin);

}  // namespace zoetrope::world
