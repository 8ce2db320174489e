#pragma once
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/diffusion/levels.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/variance_preserving.h"

namespace zoetrope::diffusion {

/// How the timesteps that are visited lie among those of training (Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are
/// Flawed", table 2; `timestep_spacing` of diffusers).
enum class Spacing { leading, trailing, linspace };

/// Variance-preserving diffusion over whole timesteps, as DDIMScheduler and DDPMScheduler of diffusers have it.
struct DiscreteSchedule {
  std::vector<double> alphas_cumprod = linear_alphas_cumprod();  // a value for each timestep of training
  Spacing spacing = Spacing::leading;
  int64_t offset = 0;           // added to the timesteps of leading spacing
  bool ends_in_data = true;     // DDIM's last step ends at level 0, not at that of timestep 0
  VariancePreserving how = {};  // clip and variance

  /// From a scheduler_config.json. What other schedulers or settings would do otherwise is refused.
  static DiscreteSchedule from_json(const base::Json& json);

  /// The timesteps that are visited, falling. More steps than timesteps are a UsageError.
  std::vector<int64_t> timesteps(int64_t steps) const;

  /// The levels of those timesteps and the last one that is reached: by DDPM, which steps from one to the next and then to level 0 ...
  Levels ddpm_levels(int64_t steps) const;
  /// ... and by DDIM, whose steps end at the timestep that is 1/steps of all lower, wherever the next one begins: `landings` are put into
  /// `how` where the two are not the same.
  Levels ddim_levels(int64_t steps, VariancePreserving& how) const;
};

}  // namespace zoetrope::diffusion
