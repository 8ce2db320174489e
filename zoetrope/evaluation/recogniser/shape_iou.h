#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

/// Soft intersection over union (sum of minima by sum of maxima) of a mask [h,w] in 0..1 and an object's true silhouette, drawn at the
/// mask's centroid with the mask's area; the best over mirroring and over the rotations that the object's motion may cause. 0 for an empty
/// mask.
double shape_iou(const Tensor& mask, const world::Object& object);

}  // namespace zoetrope::evaluation
