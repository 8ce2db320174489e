#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::media {

/// Filters of Pillow that scale with the image; the numbers are Pillow's.
enum class Resampling { lanczos = 1, bilinear = 2, bicubic = 3, box = 4 };

/// image [H,W,3] uint8 -> [height,width,3], to the last bit as `Image.resize` of Pillow 13 does it with 8-bit pixels: in two passes with
/// rounding between them, and weights of 22 bits behind the point. Image processors of transformers were tuned on it.
Tensor pil_resize(const Tensor& image, int64_t height, int64_t width, Resampling resampling);

}  // namespace zoetrope::media
