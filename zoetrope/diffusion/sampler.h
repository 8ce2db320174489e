#pragma once
#include <string>
#include <vector>

#include "zoetrope/diffusion/steps.h"
#include "zoetrope/diffusion/variance_preserving.h"

namespace zoetrope::diffusion {

/// A way to go from the first level to the last one: a function of a starting point, levels and the velocity. What it remembers between
/// steps it forgets when it returns.
struct Sampler {
  std::string name;
  Tensor (*function)(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving& how);
  int evaluations = 1;  // of the velocity, a step

  Tensor run(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step,
             const VariancePreserving& how = {}) const {
    return function(std::move(x), levels, predict, after_step, how);
  }
};

/// The samplers of flow matching, the default first. They follow the probability-flow ODE and need its velocity alone.
const std::vector<Sampler>& samplers();

/// The samplers of variance-preserving diffusion, the default first.
const std::vector<Sampler>& variance_preserving_samplers();

/// The names of the samplers of both kinds.
std::vector<std::string> sampler_names();

/// The sampler called `name`, or an error that lists the names.
const Sampler& sampler(const std::string& name);

}  // namespace zoetrope::diffusion
