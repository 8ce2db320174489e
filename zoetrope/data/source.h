#pragma once
#include <cstdint>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/media/clip.h"

namespace zoetrope::data {

/// The size in which an example is wanted.
struct ClipShape {
  int64_t frames = 33, height = 96, width = 96;
  media::Rational fps{16, 1};
};

/// A clip, what it shows in words, and what is exactly true of it.
struct Example {
  media::Clip clip;
  std::string caption, caption_zh;  // either may be empty
  Tensor focus;                     // [T,H,W] uint8, 255 where the subject is; undefined where nobody knows
  base::Json truth;                 // the source's own facts; null where there are none
};

/// An endless, deterministic sequence of examples.
class Source {
 public:
  virtual ~Source() = default;
  /// Example number `index` as a clip of `shape`: always the same for the same index and shape. May be called from many threads at once.
  virtual Example example(uint64_t index, const ClipShape& shape) const = 0;
};

}  // namespace zoetrope::data
