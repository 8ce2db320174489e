#pragma once
#include "zoetrope/data/dataset.h"

namespace zoetrope::world {

/// Shapes in which tests ask for scenarios: the default clip, an image, and the ends of the range of aspect ratios.
inline const data::ClipShape clip, still{1, 96, 96, {16, 1}}, tall{33, 128, 72, {16, 1}}, wide{33, 72, 128, {16, 1}};

}  // namespace zoetrope::world
