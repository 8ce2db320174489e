#pragma once
#include <vector>

#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// Where an object is at one moment, in the scenario's units.
struct Pose {
  double x = 0, y = 0;  // centre of mass
  double size = 0, angle = 0;
  bool mirrored = false;
};

/// The poses of all objects at `times` (ascending, seconds): result[time][object]. Bodies are simulated by Box2D at a fixed inner
/// rate whatever the times, so that the same moment looks the same at every frame rate; what flies, floats, spins or grows follows a
/// formula, for as long as one likes.
std::vector<std::vector<Pose>> move(const Scenario& scenario, const std::vector<double>& times);

/// Whether Box2D decides how an object with this motion moves.
bool is_simulated(const std::string& motion);

/// The part of `move` that Box2D does, for the objects that are simulated; the others keep the pose they have.
void simulate(const Scenario& scenario, const std::vector<double>& times, std::vector<std::vector<Pose>>& poses);

}  // namespace zoetrope::world
