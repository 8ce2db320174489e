#pragma once
#include <functional>

#include "zoetrope/base/progress.h"
#include "zoetrope/base/random.h"
#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/generation/denoise_mask.h"

namespace zoetrope::generation {

/// A branch of guidance: what the denoiser is told in one of the evaluations that are combined.
struct Branch {
  std::string name;
  transformer::Conditioning conditioning;  // of one clip
};

/// How a clip is sampled.
struct Sampling {
  const diffusion::Sampler& sampler;
  diffusion::Sigmas sigmas;
  diffusion::Guidance guidance;
  diffusion::SamplerOptions options = {};
  at::Generator generator = {};  // of the noise that DDPM and LCM add, after the initial one
  /// The network has one timestep per clip: each token waits, noised to the sigma of the others, for the last fraction of the steps that
  /// its value in the mask says (0: for ever); values below 1 everywhere run only those steps. Else each token has a timestep of its own.
  bool one_timestep = false;
  std::vector<int64_t> positions = {};  // of the latent frames in time; 0, 1, 2, ... if empty
};

/// Where sampling stands after a step: with this, the same request goes on to the same bits.
struct SampleState {
  int64_t steps_done = 0;
  Tensor x = {};                    // [1,C,t,h,w]
  std::vector<Tensor> memory = {};  // what the sampler looks back at
  Tensor generator = {};            // the state of the generator of DDPM's and LCM's noise, uint8
};

/// How many branches of guidance the denoiser evaluates as one batch.
int64_t branches_at_once(const transformer::Grid& grid, const diffusion::Guidance& guidance);

/// From noise [1,C,t,h,w] to latents, on the device of the noise, the mask and the conditioning. Two branches: the prompt or class, and
/// what guidance leads away from. For clips of few tokens both are evaluated in one batch. Known tokens come out bit for bit as they went
/// in. `after_each` is handed each state, and the data [1,C,t,h,w] that the step expects, `from` is a state to go on from. Numbers that are
/// not finite end the run at their step with an error that says where they came from. The observer may cancel between two blocks of the
/// network.
Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const std::vector<Branch>& branches, const DenoiseMask& mask, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer, const std::function<void(const SampleState&, const Tensor& x0)>& after_each = {},
              const SampleState* from = nullptr);

}  // namespace zoetrope::generation
