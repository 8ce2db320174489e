#pragma once
#include <string>
#include <vector>

#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// A way to go from the first level to the last one: a function of a starting point, levels and the velocity. What it remembers between
/// steps it forgets when it returns.
struct Sampler {
  std::string name;
  Tensor (*run)(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step);
};

/// All samplers, the default first.
const std::vector<Sampler>& samplers();

/// The sampler called `name`, or an error that lists the names.
const Sampler& sampler(const std::string& name);

}  // namespace zoetrope::diffusion
