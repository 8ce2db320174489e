#include "zoetrope/generation/sample.h"

namespace zoetrope::generation {
namespace {

text::TextEmbedding only_first(const text::TextEmbedding& text) { return {text.states.narrow(0, 0, 1), text.mask.narrow(0, 0, 1)}; }

}  // namespace

Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization, const text::TextEmbedding& text,
              const KnownTokens& known, const Tensor& noise, const Sampling& sampling, base::Observer& observer) {
  at::NoGradGuard no_grad;
  transformer::Conditioning wanted{only_first(text)}, both{text};
  TokenLevels one_level(known, 1), two_levels(known, 2);
  Tensor share = known.share_of_cells();

  auto velocity = [&](const Tensor& x, double s) {
    Tensor input = parameterization.input(x, s);
    if (!sampling.guidance.applies(s))
      return parameterization.velocity(denoiser.predict(input, one_level.at(s, parameterization), wanted), x, s);
    Tensor raw = denoiser.predict(input.expand({2, -1, -1, -1, -1}), two_levels.at(s, parameterization), both);
    Tensor v = parameterization.velocity(raw, x, s);
    return sampling.guidance.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1));
  };
  auto predict = [&](const Tensor& x, double s) {
    observer.checkpoint();
    return share * velocity(x, s);
  };
  auto after_step = [&](const Tensor& x, const diffusion::Step& step) {
    observer.progress("sampling", step.index + 1, step.total);
    return known.put_back(x);
  };
  return sampling.sampler.run(known.start(noise, sampling.levels.front()), sampling.levels, predict, after_step);
}

}  // namespace zoetrope::generation
