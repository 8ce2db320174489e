#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::media {

/// frames [n,H,W,3] (or one [H,W,3]), uint8 or floating -> the same with height x width pixels. Smaller ones are averages without
/// aliasing, larger ones are interpolated (bilinear).
Tensor resize(const Tensor& frames, int64_t height, int64_t width);

/// Cuts the middle of the frames to the shape height:width, then resizes: nothing is squeezed.
Tensor fit(const Tensor& frames, int64_t height, int64_t width);

}  // namespace zoetrope::media
