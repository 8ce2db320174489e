#pragma once
#include <cmath>
#include <vector>

namespace zoetrope::diffusion {

/// The noise levels that a sampler visits one after the other, from noise (1) towards data (0).
using Sigmas = std::vector<double>;

/// Moves `sigma` in [0,1] towards noise: larger clips need more of their steps there (Esser et al. 2024, "Scaling Rectified Flow
/// Transformers", section 5.3.2). A `shift` of 1 changes nothing.
inline double time_shift(double sigma, double shift) { return shift * sigma / (1 + (shift - 1) * sigma); }

/// The inverse of `time_shift`: the sigma that it moves to `sigma`.
inline double inverse_time_shift(double sigma, double shift) { return sigma / (shift - (shift - 1) * sigma); }

/// Half the log of the ratio of signal to noise, log((1 - sigma) / sigma): the time of the multistep samplers (DPM-Solver). -inf at sigma 1
/// and inf at sigma 0, where their formulas have the right limits.
inline double lambda(double sigma) { return std::log1p(-sigma) - std::log(sigma); }

}  // namespace zoetrope::diffusion
