#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {

/// Noise levels that a sampler visits one after the other, from noise (1) towards data (0).
using Levels = std::vector<double>;

/// Moves level s in [0,1] towards noise: larger clips need more of their steps there (Esser et al. 2024, "Scaling Rectified Flow
/// Transformers", section 5.3.2). `shift` 1 leaves it.
inline double shift_level(double s, double shift) { return shift * s / (1 + (shift - 1) * s); }

/// The level that `shift_level` moves to s.
inline double unshift_level(double s, double shift) { return s / (shift - (shift - 1) * s); }

/// Half the log of the ratio of signal to noise, log((1-s)/s): the time of the multistep samplers. -inf at level 1 and inf at level 0,
/// where their formulas have the right limits.
inline double half_log_snr(double s) { return std::log1p(-s) - std::log(s); }

/// Which levels a schedule spans, before the shift.
struct LevelRange {
  double first = 1;    // where it starts
  double last = 0;     // where equal steps would end; the level visited last is 0 all the same
  double ceiling = 1;  // no level is above it, after the shift
};

/// The original Wan code starts a little below pure noise; diffusers' UniPC keeps the log of the signal finite instead.
inline constexpr LevelRange wan_levels{0.999, 0}, diffusers_levels{1, 0.001, 1 - 1e-6};

/// `steps` + 1 levels, falling to 0: equal steps over `range`, shifted.
inline Levels shifted_levels(int64_t steps, double shift, LevelRange range = {}) {
  if (steps < 1) throw base::UsageError("the number of steps must be at least 1, got {}", steps);
  if (!(shift > 0)) throw base::UsageError("the shift must be above 0, got {}; 1 means none", shift);
  double step = (range.last - range.first) / static_cast<double>(steps);
  Levels levels;
  for (int64_t i = 0; i < steps; ++i) {
    double s = range.first + static_cast<double>(i) * step;
    levels.push_back(std::min(shift_level(s, shift), range.ceiling));
  }
  levels.push_back(0);
  return levels;
}

}  // namespace zoetrope::diffusion
