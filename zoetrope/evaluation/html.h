#pragma once
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::evaluation {

/// A text as HTML shows it.
std::string escaped(const std::string& text);

/// Frames [n,H,W,3] side by side, `gap` white pixels apart -> [H,W',3].
Tensor side_by_side(const Tensor& frames, int64_t gap = 0);

/// An image [H,W,3] uint8 as the address of a picture: a page needs no other file.
std::string picture(const Tensor& image);

}  // namespace zoetrope::evaluation
