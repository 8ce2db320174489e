#pragma once
#include "zoetrope/nn/layers.h"

namespace zoetrope::vision {

struct MotionSizes {
  int64_t length = 17;  // time steps
  int64_t width = 64;
  int64_t projection = 16;  // dimensions to which the frame features are projected
};

/// Features per frame of `geometry_features`.
constexpr int64_t num_geometry_features = 15;

/// Where the object is, how large and how turned, frame by frame: mask [n,h,w] in 0..1 and turn [n,6] -> [n,num_geometry_features]: centre,
/// spread along both sides and across, area, whether anything is there, the turn, and the mask's extent.
Tensor geometry_features(const Tensor& mask, const Tensor& rotation);

struct MotionLogits {
  Tensor motion, direction;  // [B,motions+1], [B,3]
};

/// A one-dimensional convolution that keeps the length. x [B,in,T] -> [B,out,T].
struct Conv1d {
  Conv1d(tensor::Weights w, int64_t in, int64_t out, int64_t kernel)
      : weight(w.get("weight", {out, in, kernel})), bias(w.get("bias", {out})) {}
  Tensor operator()(const Tensor& x) const {
    return at::conv1d(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), 1, weight.size(2) / 2);
  }
  Tensor weight, bias;
};

/// Classifies how an object moves. Small: it runs in fp32.
struct MotionClassifier {
  MotionClassifier(tensor::Weights w, const MotionSizes& sizes, int64_t features, int64_t motions);
  /// measured [B,T,num_geometry_features] and features [B,T,features] of evenly spaced frames, T >= 2; read at `length` times.
  MotionLogits operator()(const Tensor& measured, const Tensor& features) const;

  MotionSizes sizes;
  nn::Linear projection;
  Conv1d in, middle, deep;
  nn::Linear hidden, motion, direction;
};

}  // namespace zoetrope::vision
