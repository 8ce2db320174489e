#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// Chooses where each object starts and how fast it is, so that its motion is plain to see and stays in the image for the scenario's
/// time.
void place_objects(Scenario& scenario, base::Rng& rng);

}  // namespace zoetrope::world
