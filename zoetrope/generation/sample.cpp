#include "zoetrope/generation/sample.h"

#include "zoetrope/base/error.h"

namespace zoetrope::generation {
namespace {

/// From this many tokens a branch keeps the processor busy by itself: a batch of two would only need twice the memory.
constexpr int64_t tokens_of_one_branch = 4096;

transformer::Conditioning in_one_batch(const std::vector<Branch>& branches) {
  auto joined = [&](auto&& part) {
    std::vector<Tensor> rows;
    for (const Branch& branch : branches)
      if (Tensor row = part(branch.conditioning); row.defined()) rows.push_back(row);
    return rows.empty() ? Tensor() : at::cat(rows);
  };
  using transformer::Conditioning;
  return {{joined([](const Conditioning& c) { return c.text.states; }), joined([](const Conditioning& c) { return c.text.mask; })},
          joined([](const Conditioning& c) { return c.image; }),
          joined([](const Conditioning& c) { return c.concat_latents; }),
          joined([](const Conditioning& c) { return c.label; }),
          joined([](const Conditioning& c) { return c.guidance; }),
          joined([](const Conditioning& c) { return c.action; })};
}

/// The runs of the denoiser that a clip takes: one for each branch, or one of all in a batch. Each begins when it is first needed.
class Runs {
 public:
  Runs(const transformer::Denoiser& denoiser, const std::vector<Branch>& branches, transformer::TokenLayout layout, bool batched,
       const base::Observer& observer)
      : denoiser_(denoiser),
        branches_(branches),
        layout_(std::move(layout)),
        batched_(batched),
        observer_(observer),
        alone_(branches.size()) {}

  /// The raw outputs of the first `count` branches [count,C,t,h,w] for one input [1,C,t,h,w].
  Tensor predict(const Tensor& input, const transformer::TokenTimesteps& timesteps, int64_t count) {
    if (count == std::ssize(branches_) && batched_) {
      if (!together_) together_ = begin(in_one_batch(branches_));
      auto rows = [&](const Tensor& t) { return t.defined() ? t.expand({count, -1}) : t; };
      return denoiser_.predict(input.expand({count, -1, -1, -1, -1}), {rows(timesteps.values), rows(timesteps.index)}, *together_);
    }
    std::vector<Tensor> raw;
    for (int64_t i = 0; i < count; ++i) {
      if (!alone_[i]) alone_[i] = begin(branches_[i].conditioning);
      raw.push_back(denoiser_.predict(input, timesteps, *alone_[i]));
    }
    return at::cat(raw);
  }

 private:
  std::unique_ptr<transformer::RunContext> begin(const transformer::Conditioning& conditioning) const {
    std::unique_ptr<transformer::RunContext> run = denoiser_.begin(conditioning, layout_);
    run->observer = &observer_;
    return run;
  }

  const transformer::Denoiser& denoiser_;
  const std::vector<Branch>& branches_;
  transformer::TokenLayout layout_;
  bool batched_;
  const base::Observer& observer_;
  std::vector<std::unique_ptr<transformer::RunContext>> alone_;
  std::unique_ptr<transformer::RunContext> together_;
};

}  // namespace

int64_t branches_at_once(const transformer::Grid& grid, const diffusion::Guidance& guidance) {
  return guidance.applies(guidance.interval.high) && grid.tokens() < tokens_of_one_branch ? 2 : 1;
}

namespace {

/// How the mask acts in each step of a sampler. It is shown x, gives the sampler a velocity, and puts the known tokens back.
class Masking {
 public:
  Masking(const DenoiseMask& mask, const Tensor& noise, const Sampling& sampling)
      : mask_(mask), noise_(noise), one_timestep_(sampling.one_timestep), values_(mask.upsample_to_latents()), sigmas_(sampling.sigmas) {
    if (!one_timestep_) return;
    const auto steps = static_cast<double>(sigmas_.size() - 1);
    begins_ = steps - (values_.to(at::kDouble) * steps + 1e-6).floor();
    first_ = begins_.min().item<int64_t>();
    sigmas_.erase(sigmas_.begin(), sigmas_.begin() + first_);
  }

  /// Those that are sampled.
  const diffusion::Sigmas& sigmas() const { return sigmas_; }
  /// How much of the sampler's sigma each token is at.
  DenoiseMask shown() const { return one_timestep_ ? DenoiseMask{mask_.latents, at::ones_like(mask_.values)} : mask_; }
  Tensor velocity(const Tensor& v) const { return one_timestep_ ? v : values_ * v; }
  /// Where fresh noise leads from the data x0: a token that may change partly is noised to that part of the sampler's sigma.
  Tensor noise_for(const Tensor& x0, const Tensor& noise) const {
    return one_timestep_ ? noise : at::where(values_ == 1, noise, x0 + values_ * (noise - x0));
  }
  Tensor start(const Tensor& noise) const {
    const double sigma = sigmas_.front();
    return one_timestep_ ? at::where(values_ == 1, noise, noised(sigma)) : mask_.start(noise, sigma);
  }
  /// After the step `index` of those that are sampled, at the sigma that it reached.
  Tensor after_step(const Tensor& x, int64_t index, double sigma) const {
    return one_timestep_ ? at::where(begins_ > static_cast<double>(first_ + index), noised(sigma), x) : mask_.restore_known(x);
  }

 private:
  Tensor noised(double sigma) const { return sigma == 0 ? mask_.latents : (1 - sigma) * mask_.latents + sigma * noise_; }

  const DenoiseMask& mask_;
  const Tensor& noise_;
  bool one_timestep_;
  Tensor values_;  // [1,1,t,h,w]
  Tensor begins_;  // [1,1,t,h,w]: the step in which a token begins
  diffusion::Sigmas sigmas_;
  int64_t first_ = 0;  // the step in which the first token begins
};

/// A network that overflows gives a black clip after hours: the step where it happens ends the run.
void check_finite(const Tensor& x, const Tensor& raw, const diffusion::Step& step) {
  if (x.isfinite().all().item<bool>()) return;
  for (const auto& [name, t] : {std::pair{"the denoiser's output", &raw}, {"the predicted data", &step.x0}, {"the latents", &x}})
    if (Tensor wrong = t->isfinite().logical_not(); wrong.any().item<bool>())
      throw base::Error("step {} of {} gave numbers that are not finite, first in {}: {} of {}; compute in fp32, or check the weights",
                        step.index + 1, step.total, name, wrong.sum().item<int64_t>(), wrong.numel());
}

}  // namespace

Tensor sample(const transformer::Denoiser& denoiser, const diffusion::Parameterization& parameterization,
              const std::vector<Branch>& branches, const DenoiseMask& mask, const Tensor& noise, const Sampling& sampling,
              base::Observer& observer, const std::function<void(const SampleState&, const Tensor&)>& after_each, const SampleState* from) {
  at::NoGradGuard no_grad;
  const Masking masking(mask, noise, sampling);
  const DenoiseMask shown = masking.shown();
  TimestepsOfTokens timesteps(shown);
  Tensor denoise_mask = shown.upsample_to_latents();
  transformer::TokenLayout layout = denoiser.layout(noise.size(2), noise.size(3), noise.size(4));
  if (!sampling.positions.empty())  // in time, of all tokens of each latent frame
    layout.positions.select(1, 0).copy_(at::tensor(sampling.positions).to(at::kDouble).repeat_interleave(layout.grid.h * layout.grid.w));
  const bool batched = branches_at_once(layout.grid, sampling.guidance) == std::ssize(branches);
  Runs runs(denoiser, branches, std::move(layout), batched, observer);
  Tensor raw;  // the last prediction, a row for each branch

  auto predict = [&](const Tensor& x, double sigma) {
    observer.throw_if_cancelled();
    const bool guided = sampling.guidance.applies(sigma);
    Tensor sigmas = timesteps.sigmas(sigma, denoise_mask);
    raw = runs.predict(parameterization.input(x, sigmas), timesteps.at(sigma, parameterization), guided ? 2 : 1);
    Tensor v = parameterization.velocity(raw, x, sigmas);
    return masking.velocity(guided ? sampling.guidance.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1), sigma) : v);
  };
  at::Generator generator = sampling.generator;
  auto after_step = [&](const Tensor& reached, const diffusion::Step& step) {
    check_finite(reached, raw, step);
    SampleState state{step.index + 1, masking.after_step(reached, step.index, step.sigma), step.memory, {}};
    observer.progress("sampling", state.steps_done, step.total);
    if (after_each) {
      if (generator.defined()) state.generator = generator.get_state();
      after_each(state, step.x0);
    }
    return state.x;
  };
  diffusion::SamplerOptions options = sampling.options;
  options.noise = [&](const Tensor& x0) {
    std::vector<int64_t> shape = noise.sizes().vec();
    // The references of variance-preserving models draw for all branches of a batch, and use the first.
    if (!parameterization.alphas_cumprod.empty()) shape[0] = raw.size(0);
    return masking.noise_for(x0, base::randn(shape, generator).narrow(0, 0, noise.size(0)).to(noise.device()));
  };
  options.variances = [&] { return parameterization.variances(raw).narrow(0, 0, 1); };
  const diffusion::Sigmas& sigmas = masking.sigmas();
  Tensor x = masking.start(parameterization.from_input(noise, at::scalar_tensor(sigmas.front(), at::kDouble)));
  diffusion::ResumePoint resume;
  if (from != nullptr) {
    auto there = [&](const Tensor& t) { return t.to(noise.device()); };
    x = there(from->x);
    resume.steps_done = from->steps_done;
    for (const Tensor& t : from->memory) resume.memory.push_back(there(t));
    if (from->generator.defined() && generator.defined()) generator.set_state(from->generator);
  }
  x = sampling.sampler.run(x, sigmas, predict, after_step, options, resume);
  return parameterization.input(x, at::scalar_tensor(sigmas.back(), at::kDouble));
}

}  // namespace zoetrope::generation
