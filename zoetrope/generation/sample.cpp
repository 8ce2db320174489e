#include "zoetrope/generation/sample.h"

namespace zoetrope::generation {
namespace {

transformer::Conditioning only_first(const transformer::Conditioning& both) {
  auto first = [](const Tensor& t) { return t.defined() ? t.narrow(0, 0, 1) : t; };
  return {{first(both.text.states), first(both.text.mask)}, first(both.image), first(both.extra), first(both.label)};
}

}  // namespace

Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const transformer::Conditioning& conditioning, const KnownTokens& known, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer) {
  at::NoGradGuard no_grad;
  transformer::Conditioning wanted = only_first(conditioning);
  TokenLevels one_level(known, 1), two_levels(known, 2);
  Tensor share = known.share_of_cells();
  bool guided = false;  // at the last prediction
  Tensor raw;           // which it was

  auto velocity = [&](const Tensor& x, double s) {
    Tensor input = parameterization.input(x, s);
    guided = sampling.guidance.applies(s);
    raw = guided ? denoiser.predict(input.expand({2, -1, -1, -1, -1}), two_levels.at(s, parameterization), conditioning)
                 : denoiser.predict(input, one_level.at(s, parameterization), wanted);
    Tensor v = parameterization.velocity(raw, x, s);
    return guided ? sampling.guidance.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1)) : v;
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
