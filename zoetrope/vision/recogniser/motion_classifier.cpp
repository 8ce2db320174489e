#include "zoetrope/vision/recogniser/motion_classifier.h"

namespace zoetrope::vision {
namespace {

/// Places of pixel centres along a side of `count` pixels, in parts of the shorter side, counted from the middle.
Tensor places(int64_t count, int64_t shorter, const at::TensorOptions& options) {
  return (at::arange(count, options) + .5 - static_cast<double>(count) / 2) / static_cast<double>(shorter);
}

/// [B,T,F] -> [B,F,length], linearly in time.
Tensor at_times(const Tensor& track, int64_t length) {
  return at::upsample_linear1d(track.transpose(1, 2), {length}, /*align_corners=*/true);
}

}  // namespace

Tensor geometry_features(const Tensor& mask, const Tensor& rotation) {
  int64_t h = mask.size(1), w = mask.size(2), shorter = std::min(h, w);
  Tensor sure = at::clamp_min(mask - .3, 0) / .7;  // what is hardly covered adds up over a whole image
  Tensor mass = sure.sum({1, 2}), share = sure / (mass + 1e-3).view({-1, 1, 1});
  Tensor across = places(w, shorter, mask.options()).view({1, 1, w}), down = places(h, shorter, mask.options()).view({1, h, 1});
  Tensor x = (share * across).sum({1, 2}), y = (share * down).sum({1, 2});
  Tensor dx = across - x.view({-1, 1, 1}), dy = down - y.view({-1, 1, 1});
  Tensor xx = (share * dx.square()).sum({1, 2}), yy = (share * dy.square()).sum({1, 2}), xy = (share * dx * dy).sum({1, 2});
  Tensor area = (mass / static_cast<double>(shorter * shorter)).sqrt(), there = mask.flatten(1).amax(1);
  return at::cat({at::stack({x, y, xx.sqrt(), yy.sqrt(), 10 * xy, area, there, mask.amax(1).mean(1), mask.amax(2).mean(1)}, 1), rotation},
                 1);
}

MotionClassifier::MotionClassifier(tensor::Weights w, const MotionSizes& s, int64_t features, int64_t motions)
    : sizes(s),
      projection(w / "look", features, s.projection),
      in(w / "in", 3 * (num_geometry_features + s.projection), s.width, 5),
      middle(w / "middle", s.width, s.width, 5),
      deep(w / "deep", s.width, s.width, 5),
      hidden(w / "hidden", 3 * s.width, s.width),
      motion(w / "motion", s.width, motions + 1),
      direction(w / "direction", s.width, 3) {}

MotionLogits MotionClassifier::operator()(const Tensor& measured, const Tensor& features) const {
  Tensor track = at_times(at::cat({measured, projection(features)}, -1), sizes.length);           // [B,F,T]
  Tensor change = at::constant_pad_nd(track.slice(2, 1) - track.slice(2, 0, -1), {1, 0});         // from frame to frame
  Tensor h = at::silu(in(at::cat({track, 10 * change, 3 * (track - track.slice(2, 0, 1))}, 1)));  // [B,width,T]
  h = h + at::silu(middle(h));
  h = h + at::silu(deep(h));
  Tensor pooled = at::silu(hidden(at::cat({h.mean(-1), h.amax(-1), h.select(2, -1) - h.select(2, 0)}, 1)));
  return {motion(pooled), direction(pooled)};
}

}  // namespace zoetrope::vision
