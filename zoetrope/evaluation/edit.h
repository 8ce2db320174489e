#pragma once
#include "zoetrope/evaluation/composition.h"
#include "zoetrope/model/model.h"

namespace zoetrope::evaluation {

/// What a model makes of given pictures and clips. Each of `clips` held-out scenarios is drawn, parts of it are given, and the model makes
/// the rest, asked in English (even) or Chinese (odd):
///   animate    the first picture is given, and the caption
///   inpaint    everything but the object's surroundings is given, and the caption of the scenario with another object
///   keyframes  the first and the last picture are given, and the caption
///   join       the first and the last third are given, and the caption
/// Of each: whether what was given came out as it was (to the bit), object, colour and scene as asked, motion where it is free, and `step`,
/// the change of the picture where given meets made, by that of the drawn clip at the same place. The ceiling is what the drawn clips get.
Report edit(const vision::Recogniser& recogniser, const world::World& world, const model::Model& model, const generation::Request& defaults,
            int64_t clips, uint64_t seed, const Generator& generate, base::Observer& observer);

}  // namespace zoetrope::evaluation
