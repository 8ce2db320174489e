#include "zoetrope/diffusion/sampler.h"

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/diffusion/dpmpp.h"
#include "zoetrope/diffusion/euler.h"
#include "zoetrope/diffusion/heun.h"
#include "zoetrope/diffusion/unipc.h"

namespace zoetrope::diffusion {

const std::vector<Sampler>& samplers() {
  static const std::vector<Sampler> table{{"euler", euler}, {"heun", heun}, {"unipc", unipc}, {"dpm++", dpmpp}};
  return table;
}

const Sampler& sampler(const std::string& name) {
  std::vector<std::string> names;
  for (auto& sampler : samplers()) {
    if (sampler.name == name) return sampler;
    names.push_back(sampler.name);
  }
  throw base::UsageError("there is no sampler '{}'; the samplers are {}", name, fmt::join(names, ", "));
}

}  // namespace zoetrope::diffusion
