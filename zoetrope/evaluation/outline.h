#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

/// How well a mask [h,w] in 0..1 has the outline of an object: the overlap (the sum of minima by the sum of maxima) of the mask with the
/// object's true silhouette, drawn where the mask's centre is and in the size that gives its area; the best over mirroring, and over the
/// turns that the object's motion may have given it. 0 for an empty mask.
double outline_overlap(const Tensor& mask, const world::Object& object);

}  // namespace zoetrope::evaluation
