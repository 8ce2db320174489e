#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// Whether any pair in it is held out from training. By a hash of the names, about one in eight of each of these kinds of pairs is:
/// object and scene, colour and shape, object and motion. Every object, scene, colour and motion of the vocabulary also has pairs in
/// training.
bool held_out(const Scenario& scenario);

}  // namespace zoetrope::world
