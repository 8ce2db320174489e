#pragma once
#include <cstdint>

#include "zoetrope/base/tensor.h"

namespace zoetrope::media {

/// A fraction, for frame rates that no decimal number meets (30000/1001).
struct Rational {
  int64_t numerator = 16, denominator = 1;
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  bool operator==(const Rational&) const = default;
};

/// What video files hold: frames [T,H,W,3] uint8 RGB, and how many of them make a second. An image is a clip of one frame.
struct Clip {
  Tensor frames;
  Rational fps;

  int64_t length() const { return frames.size(0); }
  int64_t height() const { return frames.size(1); }
  int64_t width() const { return frames.size(2); }
  double seconds() const { return static_cast<double>(length()) / fps.value(); }
};

}  // namespace zoetrope::media
