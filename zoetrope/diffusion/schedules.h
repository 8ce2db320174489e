#pragma once
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/samplers.h"

namespace zoetrope::diffusion {

/// The sigmas that a schedule spans, before the shift.
struct SigmaRange {
  double first = 1;    // where it starts
  double last = 0;     // where equal steps would end; the last sigma is 0 in any case
  double ceiling = 1;  // upper limit after the shift
};

/// The original Wan code starts a little below pure noise; diffusers' UniPC keeps the log of the signal finite instead.
inline constexpr SigmaRange wan_sigmas{0.999, 0}, diffusers_sigmas{1, 0.001, 1 - 1e-6};

/// `steps` + 1 sigmas, falling to 0: equal steps over `range`, shifted.
Sigmas shifted_sigmas(int64_t steps, double shift, SigmaRange range = {});

/// How the timesteps of sampling are spaced among those of training (Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps
/// are Flawed", table 2; `timestep_spacing` of diffusers).
enum class Spacing { leading, trailing, linspace };

/// Variance-preserving diffusion over whole timesteps, as DDIMScheduler and DDPMScheduler of diffusers have it.
struct DiscreteSchedule {
  std::vector<double> alphas_cumprod = linear_alphas_cumprod();  // a value for each timestep of training
  Spacing spacing = Spacing::leading;
  int64_t offset = 0;           // added to the timesteps of leading spacing
  bool ends_in_data = true;     // DDIM's last step ends at sigma 0, not at the sigma of timestep 0
  SamplerOptions options = {};  // clip and variance

  /// From a scheduler_config.json. Schedulers and settings that compute something else are refused.
  static DiscreteSchedule from_json(const base::Json& json);

  /// The timesteps of sampling, falling. More steps than timesteps are a UsageError.
  std::vector<int64_t> timesteps(int64_t steps) const;

  /// The sigmas of those timesteps and 0: for DDPM, which steps from one to the next.
  Sigmas ddpm_sigmas(int64_t steps) const;
  /// The sigmas of those timesteps and the last one reached, for DDIM: each step ends `num_train / steps` timesteps lower. Where that is
  /// not where the next one begins, `prev_sigmas` of `options` is set.
  Sigmas ddim_sigmas(int64_t steps, SamplerOptions& options) const;
};

}  // namespace zoetrope::diffusion
