#include "zoetrope/training/condition_masks.h"

#include <algorithm>

namespace zoetrope::training {
namespace {

/// A random range of 1..length within [0, length).
std::pair<int64_t, int64_t> sample_range(int64_t length, at::Generator& generator) {
  Tensor ends = at::randint(length, {2}, generator, at::kLong);
  int64_t a = ends[0].item<int64_t>(), b = ends[1].item<int64_t>();
  return {std::min(a, b), std::abs(a - b) + 1};
}

Tensor sample_box(const transformer::Grid& grid, at::Generator& generator) {
  Tensor box = at::zeros({grid.t, grid.h, grid.w}, at::kBool);
  auto [t, frames] = sample_range(grid.t, generator);
  auto [y, rows] = sample_range(grid.h, generator);
  auto [x, columns] = sample_range(grid.w, generator);
  if (at::rand({1}, generator).item<double>() < 0.5) t = 0, frames = grid.t;  // most masks do not change over time
  box.narrow(0, t, frames).narrow(1, y, rows).narrow(2, x, columns).fill_(true);
  return box;
}

}  // namespace

Tensor sample_mask(const transformer::Grid& grid, at::Generator& generator) {
  Tensor known = at::zeros({grid.t, grid.h, grid.w}, at::kBool);
  double kind = at::rand({1}, generator).item<double>();
  if (grid.t == 1 || kind < 0.2) {  // a region
    Tensor box = sample_box(grid, generator);
    known = at::rand({1}, generator).item<double>() < 0.7 ? box.logical_not() : box;
  } else if (kind < 0.55) {  // an image to animate
    known[0].fill_(true);
  } else if (kind < 0.75) {  // the past
    known.narrow(0, 0, 1 + at::randint(grid.t - 1, {1}, generator, at::kLong).item<int64_t>()).fill_(true);
  } else if (kind < 0.9) {  // the future
    int64_t count = 1 + at::randint(grid.t - 1, {1}, generator, at::kLong).item<int64_t>();
    known.narrow(0, grid.t - count, count).fill_(true);
  } else {  // both ends
    known[0].fill_(true);
    known[grid.t - 1].fill_(true);
  }
  if (known.all().item<bool>()) known.zero_();
  return known;
}

}  // namespace zoetrope::training
