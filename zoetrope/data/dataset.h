#pragma once
#include <cstdint>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/media/clip.h"

namespace zoetrope::data {

/// Size, length and rate of a clip.
struct ClipShape {
  int64_t frames = 33, height = 96, width = 96;
  media::Rational fps{16, 1};
};

/// A clip, its captions, and its ground truth.
struct Example {
  media::Clip clip;
  std::string caption, caption_zh;  // either may be empty
  Tensor subject_mask;              // [T,H,W] uint8, 255 where the subject is; undefined if unknown
  Tensor actions;                   // [T] int64: what was done while each frame was shown; undefined if nothing is known of that
  base::Json truth;                 // the dataset's own facts; null if there are none
};

/// An endless, deterministic sequence of examples.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// Example number `index` as a clip of `shape`: always the same for the same index and shape. May be called from many threads at once.
  virtual Example example(uint64_t index, const ClipShape& shape) const = 0;
};

}  // namespace zoetrope::data
