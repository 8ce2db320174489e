#include "zoetrope/generation/sample.h"

namespace zoetrope::generation {
namespace {

/// From this many tokens a branch keeps the processor busy by itself: a batch of two would only need twice the memory.
constexpr int64_t tokens_of_one_branch = 4096;

/// One branch of a conditioning.
transformer::Conditioning select(const transformer::Conditioning& branches, int64_t index) {
  auto one = [&](const Tensor& t) { return t.defined() ? t.narrow(0, index, 1) : t; };
  return {{one(branches.text.states), one(branches.text.mask)}, one(branches.image), one(branches.concat_latents), one(branches.label)};
}

}  // namespace

int64_t branches_at_once(const transformer::Grid& grid, const diffusion::Guidance& guidance) {
  return guidance.applies(guidance.interval.high) && grid.tokens() < tokens_of_one_branch ? 2 : 1;
}

Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const transformer::Conditioning& conditioning, const DenoiseMask& mask, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer) {
  at::NoGradGuard no_grad;
  TimestepsOfTokens timesteps(mask, 1), timesteps_of_two(mask, 2);
  Tensor denoise_mask = mask.upsample_to_latents();
  const bool one_batch = branches_at_once(denoiser.grid(noise.size(2), noise.size(3), noise.size(4)), sampling.guidance) == 2;
  bool guided = false;  // at the last prediction
  Tensor raw;           // the last prediction

  auto velocity = [&](const Tensor& x, double sigma) {
    Tensor input = parameterization.input(x, sigma);
    auto predict_branch = [&](int64_t index) {
      return denoiser.predict(input, timesteps.at(sigma, parameterization), select(conditioning, index));
    };
    guided = sampling.guidance.applies(sigma);
    if (!guided)
      raw = predict_branch(0);
    else if (one_batch)
      raw = denoiser.predict(input.expand({2, -1, -1, -1, -1}), timesteps_of_two.at(sigma, parameterization), conditioning);
    else
      raw = at::cat({predict_branch(0), predict_branch(1)});
    Tensor v = parameterization.velocity(raw, x, sigma);
    return guided ? sampling.guidance.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1), sigma) : v;
  };
  auto predict = [&](const Tensor& x, double sigma) {
    observer.throw_if_cancelled();
    return denoise_mask * velocity(x, sigma);
  };
  auto after_step = [&](const Tensor& x, const diffusion::Step& step) {
    observer.progress("sampling", step.index + 1, step.total);
    return mask.restore_known(x);
  };
  diffusion::DdpmOptions options = sampling.options;
  options.noise = [&, generator =
                          sampling.generator]() mutable {  // the references draw for both branches of a guided batch, and use the first
    std::vector<int64_t> shape = noise.sizes().vec();
    if (guided) shape[0] *= 2;
    return base::randn(shape, generator).narrow(0, 0, noise.size(0)).to(noise.device());
  };
  options.variances = [&] { return parameterization.variances(raw).narrow(0, 0, 1); };
  double first = sampling.sigmas.front(), last = sampling.sigmas.back();
  Tensor x = mask.start(parameterization.from_input(noise, first), first);
  return parameterization.input(sampling.sampler.run(x, sampling.sigmas, predict, after_step, options), last);
}

}  // namespace zoetrope::generation
