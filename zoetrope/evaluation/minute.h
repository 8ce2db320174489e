#pragma once
#include "zoetrope/evaluation/composition.h"

namespace zoetrope::evaluation {

/// How a long clip lasts: `clips` held-out scenarios of motions that last, each asked for in one piece and with a prompt for every stretch
/// (the motion changes, object and scene stay), in English (even) or Chinese (odd). `defaults` has the long clip's frames, of which
/// `window` are scored at a time. Of the first, the middle and the last window: object, scene, motion, the share of frames in which the
/// object is recognised, the change of the background since the clip's first frame, and the sharpness by that of the first window. The
/// ceiling is what the same clips get when they are drawn.
Report minute(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t window,
              int64_t clips, uint64_t seed, const Generator& generate, base::Observer& observer);

/// The part of a world whose motions last; refuses one that has none.
world::World lasting_world(const world::World& world);

}  // namespace zoetrope::evaluation
