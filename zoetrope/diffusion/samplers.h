#pragma once
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "zoetrope/base/tensor.h"
#include "zoetrope/diffusion/sigmas.h"

namespace zoetrope::diffusion {

/// Returns the velocity v = noise - x0 that a model predicts from x at `sigma`. With x = (1 - sigma)*x0 + sigma*noise, dx/dsigma = v and
/// x0 = x - sigma*v.
using Predict = std::function<Tensor(const Tensor& x, double sigma)>;

/// A step that was made.
struct Step {
  int64_t index, total;             // index from 0
  double sigma;                     // the sigma reached
  const Tensor& x0;                 // the data as predicted at the start of the step
  std::vector<Tensor> memory = {};  // what the sampler looks back at in the next step
};

/// Where sampling is taken up again: steps that are done, and the memory of the last of them. The same bits come out as without the break.
struct ResumePoint {
  int64_t steps_done = 0;
  std::vector<Tensor> memory = {};
};

/// Called after each step with the x that was reached; returns the x to continue from. The place to restore known values, report
/// progress, show a preview or throw `Cancelled`.
using AfterStep = std::function<Tensor(Tensor x, const Step& step)>;

inline Tensor keep(Tensor x, const Step&) { return x; }

// ---- flow matching ----------------------------------------------------------------------------------

/// Straight-line steps of the probability-flow ODE dx/dsigma = v, from sigmas.front() to sigmas.back(). First order, one evaluation a step.
Tensor euler(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step = keep, const ResumePoint& from = {});

/// Steps along the mean of the velocities at both ends (Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
/// Models", algorithm 1). Second order, two evaluations a step; one in the step to sigma 0, where the velocity is not defined.
Tensor heun(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step = keep, const ResumePoint& from = {});

/// DPM-Solver++(2M) (Lu et al. 2022, https://arxiv.org/abs/2211.01095, algorithm 2) with signal 1 - sigma and
/// noise sigma. Second order, one evaluation a step: it looks back at the step before. The first and the last step are of first order.
Tensor dpmpp(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step = keep, const ResumePoint& from = {});

/// UniPC of order 2, B2(h), predicting data (Zhao et al. 2023, https://arxiv.org/abs/2302.04867) with signal 1 - sigma and
/// noise sigma. One evaluation a step, used twice: it corrects the step that led to it, then predicts the next one. The first and the last
/// step are of first order.
Tensor unipc(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step = keep, const ResumePoint& from = {});

// ---- variance-preserving diffusion, and what samplers may be told ---------------------------------------

/// The variance of DDPM's random steps (Ho et al. 2020, section 3.2): the lower or the upper bound, or one between the two that the network
/// predicts (Nichol & Dhariwal 2021, equation 15). The names are those of diffusers' `variance_type`.
enum class VarianceType { fixed_small, fixed_large, learned_range };

/// Options of the samplers of variance-preserving diffusion; of the others `lcm` alone reads one, `noise`.
struct SamplerOptions {
  double clip_sample = std::numeric_limits<double>::infinity();  // predicted data is clamped to [-clip_sample, clip_sample]
  VarianceType variance = VarianceType::fixed_small;
  double last_noisy_sigma = 0;  // DDPM steps from this sigma add no noise: the sigma of timestep 0
  Sigmas prev_sigmas = {};      // where each step ends, if the next step begins elsewhere; else empty
  /// Draws the next noise, in the shape of x, for a step that predicted the data x0 (those that may not change are their own noise).
  std::function<Tensor(const Tensor& x0)> noise = {};
  std::function<Tensor()> variances = {};  // the last prediction of the network, in the shape of x: -1 is fixed_small, 1 is fixed_large
};

/// Steps to the data as predicted, noised anew to the next sigma: for models that were distilled to a few steps (multistep sampling of
/// consistency models, Song et al. 2023, https://arxiv.org/abs/2303.01469, algorithm 1; Latent Consistency Models, Luo et al. 2023; DMD2,
/// Yin et al. 2024). One evaluation a step; no noise is drawn for the step to sigma 0.
Tensor lcm(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
           const ResumePoint& from = {});

// Variance-preserving models have the signal sqrt(a) and the noise sqrt(1 - a). Their sigma is the one at which 1 - sigma and sigma have
// the same ratio, and `norm` is the common factor. So a follows from sigma alone.

/// The norm of signal and noise together at `sigma`: x is larger by this factor than the input of a variance-preserving network.
inline double norm(double sigma) { return std::hypot(1 - sigma, sigma); }

/// The cumulative product of 1 - beta at `sigma`.
inline double alpha_cumprod(double sigma) { return (1 - sigma) * (1 - sigma) / (norm(sigma) * norm(sigma)); }

/// DDIM without noise (Song et al. 2020, https://arxiv.org/abs/2010.02502, equation 12 with eta 0). In the coordinates of flow matching its
/// steps are Euler steps, except that the data may be clipped, and that a step may end elsewhere than the next one begins (`prev_sigmas`):
/// then x is used at the next sigma as it is, as diffusers does.
Tensor ddim(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
            const ResumePoint& from = {});

/// DDPM (Ho et al. 2020, https://arxiv.org/abs/2006.11239, equation 7) between any two sigmas: a step to the mean of the posterior
/// plus noise, except in the step from timestep 0.
Tensor ddpm(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
            const ResumePoint& from = {});

// ---- by name -----------------------------------------------------------------------------------------

/// A sampler by name: a function from a starting point, sigmas and the velocity to data. It keeps no state after it returns.
struct Sampler {
  std::string name;
  Tensor (*function)(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
                     const ResumePoint& from);
  int evaluations = 1;  // of the velocity in a step

  Tensor run(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options = {},
             const ResumePoint& from = {}) const {
    return function(std::move(x), sigmas, predict, after_step, options, from);
  }
};

/// The samplers of flow matching, the default first. All but `lcm` follow the probability-flow ODE.
const std::vector<Sampler>& samplers();

/// The samplers of variance-preserving diffusion, the default first.
const std::vector<Sampler>& variance_preserving_samplers();

/// The names of the samplers of both kinds.
std::vector<std::string> sampler_names();

/// The sampler called `name`, or an error that lists the names.
const Sampler& sampler(const std::string& name);

}  // namespace zoetrope::diffusion
