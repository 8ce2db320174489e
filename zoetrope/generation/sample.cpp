#include "zoetrope/generation/sample.h"

namespace zoetrope::generation {
namespace {

/// So many tokens keep the processor busy by themselves: from here on a batch of two would only need twice the memory.
constexpr int64_t tokens_alone = 4096;

transformer::Conditioning only(const transformer::Conditioning& both, int64_t which) {
  auto one = [&](const Tensor& t) { return t.defined() ? t.narrow(0, which, 1) : t; };
  return {{one(both.text.states), one(both.text.mask)}, one(both.image), one(both.extra), one(both.label)};
}

}  // namespace

int64_t clips_at_once(const transformer::Grid& grid, const diffusion::Guidance& guidance) {
  return guidance.applies(guidance.highest) && grid.tokens() < tokens_alone ? 2 : 1;
}

Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const transformer::Conditioning& conditioning, const KnownTokens& known, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer) {
  at::NoGradGuard no_grad;
  TokenLevels one_level(known, 1), two_levels(known, 2);
  Tensor share = known.share_of_cells();
  const bool one_batch = clips_at_once(denoiser.grid(noise.size(2), noise.size(3), noise.size(4)), sampling.guidance) == 2;
  bool guided = false;  // at the last prediction
  Tensor raw;           // which it was

  auto velocity = [&](const Tensor& x, double s) {
    Tensor input = parameterization.input(x, s);
    auto alone = [&](int64_t which) { return denoiser.predict(input, one_level.at(s, parameterization), only(conditioning, which)); };
    guided = sampling.guidance.applies(s);
    if (!guided)
      raw = alone(0);
    else if (one_batch)
      raw = denoiser.predict(input.expand({2, -1, -1, -1, -1}), two_levels.at(s, parameterization), conditioning);
    else
      raw = at::cat({alone(0), alone(1)});
    Tensor v = parameterization.velocity(raw, x, s);
    return guided ? sampling.guidance.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1), s) : v;
  };
  auto predict = [&](const Tensor& x, double s) {
    observer.checkpoint();
    return share * velocity(x, s);
  };
  auto after_step = [&](const Tensor& x, const diffusion::Step& step) {
    observer.progress("sampling", step.index + 1, step.total);
    return known.put_back(x);
  };
  diffusion::VariancePreserving how = sampling.how;
  how.noise = [&, generator = sampling.generator]() mutable {  // the references draw for both halves of a guided batch, and use the first
    std::vector<int64_t> shape = noise.sizes().vec();
    if (guided) shape[0] *= 2;
    return base::noise(shape, generator).narrow(0, 0, noise.size(0));
  };
  how.variances = [&] { return parameterization.variances(raw).narrow(0, 0, 1); };
  double first = sampling.levels.front(), last = sampling.levels.back();
  Tensor x = known.start(parameterization.from_input(noise, first), first);
  return parameterization.input(sampling.sampler.run(x, sampling.levels, predict, after_step, how), last);
}

}  // namespace zoetrope::generation
