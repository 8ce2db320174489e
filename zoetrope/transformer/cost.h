#pragma once
#include <algorithm>
#include <limits>

#include "zoetrope/base/cost.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::transformer {

/// The sizes of a stack of transformer blocks that decide the cost of an evaluation.
struct StackSizes {
  int64_t layers, width, feed_forward;
  int64_t square_matrices;                                     // of width x width, per block
  int64_t rows_at_once = std::numeric_limits<int64_t>::max();  // of the feed-forward layers
  double bytes_per_number = 4;                                 // of the compute dtype
};

/// Estimated cost of one evaluation of `clips` clips of `tokens` tokens. At the peak, in self-attention, a block holds about six tensors of
/// the width of its tokens in the compute dtype and four in fp32 (measured on Wan at 32,760 tokens).
inline base::Cost cost_of(const StackSizes& s, int64_t tokens, int64_t clips) {
  auto n = static_cast<double>(tokens), b = static_cast<double>(clips), w = static_cast<double>(s.width);
  auto wide = static_cast<double>(s.feed_forward), rows = static_cast<double>(std::min(tokens, s.rows_at_once));
  double per_token = 2 * (static_cast<double>(s.square_matrices) * w * w + 2 * w * wide);
  return {.flops = b * static_cast<double>(s.layers) * (n * per_token + 4 * n * n * w),
          .bytes = b * (n * w * (6 * s.bytes_per_number + 4 * 4) + 2 * rows * wide * s.bytes_per_number)};
}

}  // namespace zoetrope::transformer
