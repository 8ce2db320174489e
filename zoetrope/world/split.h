#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// Whether any pair in it is held out from training. By a hash of the names, about one in eight of each of these kinds of pairs is:
/// object and scene, colour and shape, object and motion. Every object, scene, colour and motion of the vocabulary also has pairs in
/// training. What a steered object and its scene become is judged when it is drawn (scenario.cpp).
bool held_out(const Scenario& scenario);
/// Whether this object in this scene is held out, or this colour of it; `colour` is empty for an emoji.
bool held_out(const std::string& object, const std::string& colour, const std::string& scene);

}  // namespace zoetrope::world
