#pragma once
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::autoencoder::wan {

/// Rows or columns from `begin` on, up to `end` and without it.
struct Span {
  int64_t begin, end;
  int64_t length() const { return end - begin; }
};

/// Rows or columns of an image that the levels of a Wan decoder turn into frames without the rest of it. Each level sees as many cells
/// beside them as its convolutions reach, and what has seen a border that is none in the whole image is cut off: nothing is blended.
struct Band {
  int dim;                  // of [B,C,T,H,W]: 3 for rows, 4 for columns
  std::vector<Span> cells;  // that each level sees, then those of the finished frames

  /// What the first level sees of the whole image's features.
  Tensor of_features(const Tensor& x) const { return x.narrow(dim, cells.front().begin, cells.front().length()); }
  /// What is kept of the output y of level i, which has `scale` times the cells that it sees.
  Tensor kept(const Tensor& y, size_t i, int64_t scale) const {
    return y.narrow(dim, cells[i + 1].begin - scale * cells[i].begin, cells[i + 1].length());
  }
};

}  // namespace zoetrope::autoencoder::wan
