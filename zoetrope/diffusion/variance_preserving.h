#pragma once
#include <functional>
#include <limits>

#include "zoetrope/diffusion/steps.h"

namespace zoetrope::diffusion {

/// The variance of DDPM's random steps (Ho et al. 2020, section 3.2): the smallest and the largest that can be right, or, as the network
/// says, one between the two (Nichol & Dhariwal 2021, equation 15).
enum class StepVariance { smallest, largest, learned };

/// What the samplers of variance-preserving diffusion are given besides the velocity; those of flow matching leave it.
struct VariancePreserving {
  double clip = std::numeric_limits<double>::infinity();  // the data is held between -clip and clip
  StepVariance variance = StepVariance::smallest;
  double quiet = 0;                        // steps from this level add no noise: the level of timestep 0
  Levels landings = {};                    // where each step ends, in schedules whose next step does not begin there; empty in all others
  std::function<Tensor()> noise = {};      // the run's next noise, of the shape of x
  std::function<Tensor()> variances = {};  // what the network said last, of the shape of x: -1 the smallest variance, 1 the largest
};

// With the signal sqrt(a) and the noise sqrt(1-a) of these models, x has the ratio of noise to signal that 1-s and s have at its level,
// and their common factor is undone by `norm`. So a level alone tells a.

/// The length of signal and noise together at level s: x is this much longer than a variance-preserving network sees it.
inline double norm(double s) { return std::hypot(1 - s, s); }

/// The cumulative product of 1 - beta at level s.
inline double alpha_cumprod(double s) { return (1 - s) * (1 - s) / (norm(s) * norm(s)); }

/// DDIM without noise (Song et al. 2020, https://arxiv.org/abs/2010.02502, equation 12 with eta 0). In the coordinates of flow matching its
/// steps are straight lines, those of Euler; but the data may be clipped, and a step may land elsewhere than the next one begins: then x is
/// taken for one of that level, as diffusers does.
Tensor ddim(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving& how);

/// DDPM (Ho et al. 2020, https://arxiv.org/abs/2006.11239, equation 7) between any two levels: a step to the mean of the posterior, and
/// noise on top, but for the step from timestep 0.
Tensor ddpm(Tensor x, const Levels& levels, const Predict& predict, const AfterStep& after_step, const VariancePreserving& how);

}  // namespace zoetrope::diffusion
