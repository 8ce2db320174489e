#include "zoetrope/evaluation/seams.h"

namespace zoetrope::evaluation {
namespace {

/// Mean absolute differences between neighbours along `axis`, by their place in a patch: [patch], the border last.
Tensor differences(const Tensor& frames, int64_t axis, int64_t patch) {
  int64_t pairs = frames.size(axis) - 1;
  Tensor lines = (frames.narrow(axis, 1, pairs) - frames.narrow(axis, 0, pairs)).abs().movedim(axis, 0).flatten(1).mean(1);  // [pairs]
  Tensor place = at::arange(pairs) % patch;
  Tensor sum = at::zeros({patch}).index_add_(0, place, lines), count = at::zeros({patch}).index_add_(0, place, at::ones({pairs}));
  return sum / count.clamp_min(1);
}

}  // namespace

double seams(const Tensor& frames, int64_t patch) {
  constexpr double nothing = 1e-6;  // images of one colour have no seams
  double border = nothing, beside = nothing;
  for (int64_t axis : {1, 2}) {
    Tensor by_place = differences(frames, axis, patch);
    border += by_place[patch - 1].item<double>();
    beside += (by_place[patch - 3] + by_place[1]).item<double>() / 2;
  }
  return border / beside;
}

Tensor column_profile(const Tensor& frames, int64_t patch) { return differences(frames, /*axis=*/2, patch); }

}  // namespace zoetrope::evaluation
