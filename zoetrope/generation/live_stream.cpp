#include "zoetrope/generation/live_stream.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/generation/session.h"

namespace zoetrope::generation {
namespace {

/// The past is shown at this sigma, within those that a causal batch is trained with (training/batch_noise.h): what the model made itself
/// has errors, and noise hides them.
constexpr double past_sigma = .05;

const transformer::StreamingDenoiser& streaming_denoiser(const model::Model& model, const Request& r) {
  const auto* denoiser = dynamic_cast<const transformer::StreamingDenoiser*>(&model.denoiser(r));
  if (denoiser == nullptr || !model.defaults().streams)
    throw base::UsageError("this model makes whole clips only; a live stream needs a model that was trained to see its past alone");
  return *denoiser;
}

}  // namespace

LiveStream::LiveStream(const Request& r, const model::Model& model, int64_t window)
    : r_(r),
      model_(model),
      denoiser_(streaming_denoiser(model, r)),
      branches_(r.guidance_scale > 1 && !model.defaults().imitates_guidance(r) ? 2 : 1) {
  at::NoGradGuard no_grad;
  const autoencoder::Geometry g = model.geometry();
  shape_ = {1, g.channels, 1, r.height / g.space, r.width / g.space};
  const model::Schedule schedule = model.schedule(r);
  sigmas_ = r.timesteps.empty() ? diffusion::shifted_sigmas(r.steps, 1) : schedule.sigmas;
  guidance_ = guidance_of(r, model, schedule);
  parameterization_ = schedule.parameterization;
  transformer::TokenLayout layout = denoiser_.layout(1, shape_[3], shape_[4]);
  layout.attends = transformer::Attends::past;
  layout.window = window;
  run_ = denoiser_.begin(branches_of(r.prompt), layout);
}

transformer::Conditioning LiveStream::branches_of(const std::string& prompt) const {
  transformer::Conditioning both = conditioning_of(prompt, r_, model_);
  return branches_ == 2 ? both : both.row(0);
}

void LiveStream::set_prompt(const std::string& prompt) {
  at::NoGradGuard no_grad;
  denoiser_.set_conditioning(branches_of(prompt), *run_);
}

void LiveStream::set_action(int64_t action) {
  const int64_t known = denoiser_.actions();
  if (action == 0 && known == 0) return;
  if (known == 0)
    throw base::InvalidRequest("action", "must be 0, got {}: this model takes no actions, it is trained without them", action);
  if (action < 0 || action >= known) throw base::InvalidRequest("action", "must be from 0 to {}, got {}", known - 1, action);
  denoiser_.set_action(at::full({branches_, 1}, action, at::kLong).to(model_.placement().device), *run_);
}

transformer::TokenTimesteps LiveStream::at_sigma(double sigma) const {
  return transformer::TokenTimesteps::uniform(parameterization_.timestep(at::full({branches_}, sigma, at::kDouble)));
}

at::Generator LiveStream::noise_of_next() const { return base::generator(base::derive_seed({r_.seed, static_cast<uint64_t>(made_)})); }

Tensor LiveStream::next(int64_t action) {
  at::NoGradGuard no_grad;
  set_action(action);
  at::Generator generator = noise_of_next();
  auto predict = [&](const Tensor& x, double sigma) {
    const Tensor sigmas = at::scalar_tensor(sigma, at::kDouble);
    Tensor raw = denoiser_.predict(parameterization_.input(x, sigmas).expand({branches_, -1, -1, -1, -1}), at_sigma(sigma), *run_);
    Tensor v = parameterization_.velocity(raw, x, sigmas);
    return guidance_.applies(sigma) ? guidance_.guide(v.narrow(0, 0, 1), v.narrow(0, 1, 1), sigma) : v.narrow(0, 0, 1);
  };
  auto draw = [&] { return base::randn(shape_, generator).to(model_.placement().device); };
  const diffusion::SamplerOptions options{.noise = [&](const Tensor&) { return draw(); }};
  return append(diffusion::sampler(r_.sampler).run(draw(), sigmas_, predict, diffusion::keep, options), generator);
}

Tensor LiveStream::begin_with(const Tensor& frames, const std::vector<int64_t>& actions) {
  at::NoGradGuard no_grad;
  if (made_ > 0) throw base::Error("given frames are the beginning of a stream, and this one has {} latent frames", made_);
  const Tensor latents = model_.components().autoencoder->encode(autoencoder::to_model_range(frames));
  if (!actions.empty() && std::ssize(actions) != latents.size(2))
    throw base::Error("{} latent frames have {} actions; there is one for each", latents.size(2), actions.size());
  std::vector<Tensor> shown;
  for (int64_t t = 0; t < latents.size(2); ++t) {
    set_action(actions.empty() ? 0 : actions[t]);
    at::Generator generator = noise_of_next();
    shown.push_back(append(latents.narrow(2, t, 1), generator));
  }
  return at::cat(shown);
}

Tensor LiveStream::append(const Tensor& latent, at::Generator& generator) {
  Tensor noise = base::randn(shape_, generator).to(latent.device());
  Tensor seen = (1 - past_sigma) * latent + past_sigma * noise;
  denoiser_.append(seen.expand({branches_, -1, -1, -1, -1}), at_sigma(past_sigma), *run_);
  ++made_;
  Tensor frames = model_.components().autoencoder->decode_chunk(latent, decoded_);
  return autoencoder::to_unit_range(frames).cpu();
}

}  // namespace zoetrope::generation
