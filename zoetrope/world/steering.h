#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/world/motion.h"

namespace zoetrope::world {

/// A steered object at one moment, and which of the scenes and objects of its `Steering` are seen.
struct SteeredState {
  Pose pose;
  size_t scene = 0, object = 0;
};

/// The object of a steered scenario as number `object` of its `Steering`.
Object shown_object(const Scenario& scenario, size_t object);

/// The states of a steered scenario at `times` (ascending, seconds). An action rules all times after its beginning, up to its end:
/// left and right walk, and stop at the edge; a jump starts from where the object is, in the air as well; what is dropped falls fast; what
/// grows keeps its feet on the ground. It goes on standing or falling when the actions are over.
std::vector<SteeredState> steer(const Scenario& scenario, const std::vector<double>& times);

/// The action that rules at a time, `none` at the very beginning and after the last one.
Action action_at(const Steering& steering, double time);

/// Actions of somebody who plays: each is kept for a while. Scenes or objects change now and then where there are several.
std::vector<Action> random_actions(const Steering& steering, size_t count, base::Rng& rng);

}  // namespace zoetrope::world
