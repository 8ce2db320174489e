#include "zoetrope/diffusion/sampler.h"

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/diffusion/dpmpp.h"
#include "zoetrope/diffusion/euler.h"
#include "zoetrope/diffusion/heun.h"
#include "zoetrope/diffusion/unipc.h"

namespace zoetrope::diffusion {
namespace {

/// A sampler that needs the velocity alone, in the form of the table.
template <auto sampler>
Tensor velocity_alone(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving&) {
  return sampler(std::move(x), levels, predict, after_step);
}

}  // namespace

const std::vector<Sampler>& samplers() {
  static const std::vector<Sampler> table{{"euler", velocity_alone<euler>},
                                          {"heun", velocity_alone<heun>, 2},
                                          {"unipc", velocity_alone<unipc>},
                                          {"dpm++", velocity_alone<dpmpp>}};
  return table;
}

const std::vector<Sampler>& variance_preserving_samplers() {
  static const std::vector<Sampler> table{{"ddim", ddim}, {"ddpm", ddpm}};
  return table;
}

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const auto* table : {&samplers(), &variance_preserving_samplers()})
    for (const Sampler& sampler : *table) names.push_back(sampler.name);
  return names;
}

const Sampler& sampler(const std::string& name) {
  for (const auto* table : {&samplers(), &variance_preserving_samplers()})
    for (const Sampler& sampler : *table)
      if (sampler.name == name) return sampler;
  throw base::UsageError("there is no sampler '{}'; the samplers are {}", name, fmt::join(sampler_names(), ", "));
}

}  // namespace zoetrope::diffusion
