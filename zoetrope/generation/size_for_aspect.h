#pragma once
#include "zoetrope/model/family.h"

namespace zoetrope::generation {

/// The size (width x height) for the shape width:height = `aspect`: the nearest of the model's sizes where one is close, and otherwise the
/// nearest in multiples of its `size_multiple` with about the area of its default size.
std::pair<int64_t, int64_t> size_for_aspect(double aspect, const model::Defaults& defaults);

}  // namespace zoetrope::generation
