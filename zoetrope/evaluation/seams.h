#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::evaluation {

/// How much the borders of patches of `patch` pixels show in frames [T,H,W,3] in 0..1: the mean absolute difference across them, by that
/// two pixels beside them, in both directions. 1 where they do not show; images as they are drawn have .93 to .99.
double seams(const Tensor& frames, int64_t patch = 16);

/// The mean absolute difference between neighbouring columns by their place in a patch, [patch]: the last is that across the border.
Tensor column_profile(const Tensor& frames, int64_t patch = 16);

}  // namespace zoetrope::evaluation
