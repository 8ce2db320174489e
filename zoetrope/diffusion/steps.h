#pragma once
#include <functional>

#include "zoetrope/base/tensor.h"
#include "zoetrope/diffusion/levels.h"

namespace zoetrope::diffusion {

/// The velocity v = noise - x0 that a model sees in x at level s. With x_s = (1-s)*x0 + s*noise, dx/ds = v and x0 = x - s*v.
using Predict = std::function<Tensor(const Tensor& x, double s)>;

/// A step that was made.
struct Step {
  int64_t index, total;  // index from 0
  double level;          // the level reached
  const Tensor& x0;      // what the model takes the data to be, as seen from the step's start
};

/// Called after each step with the x that was reached; returns the x to go on from. The place to put known values back, tell the
/// progress, show a preview or throw `Cancelled`.
using AfterStep = std::function<Tensor(Tensor x, const Step& step)>;

inline Tensor keep(Tensor x, const Step&) { return x; }

}  // namespace zoetrope::diffusion
