#include <ATen/core/grad_mode.h>

#include "tests/parity/probe.h"
#include "zoetrope/autoencoder/sd/autoencoder.h"
#include "zoetrope/base/random.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/transformer/dit/denoiser.h"

namespace zoetrope::parity {
namespace {

/// {folder, dtype} and latents [B,C,h,w], timesteps [B], labels [B] -> the raw output [B,C or 2C,h,w].
Tensors dit_denoise(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  auto denoiser = transformer::dit::load(settings.at("folder").get<std::string>(), placement(settings));
  auto timesteps = transformer::TokenTimesteps::uniform(in.at("timesteps"));
  Tensor raw = denoiser->predict_once(in.at("latents").unsqueeze(2), timesteps, {.text = {}, .label = in.at("labels")});
  return {{"raw", raw.squeeze(2)}};
}

/// {folder}, the same and `upstream` in the shape of the output -> the gradients of all parameters.
Tensors dit_gradients(const base::Json& settings, const Tensors& in) {
  std::string folder = settings.at("folder");
  return gradients(folder, in.at("upstream"), [&](tensor::Weights weights) {
    transformer::dit::Denoiser denoiser(weights, tensor::read_config<transformer::dit::Config>(folder));
    return denoiser
        .predict_once(in.at("latents").unsqueeze(2), transformer::TokenTimesteps::uniform(in.at("timesteps")),
                      {.text = {}, .label = in.at("labels")})
        .squeeze(2);
  });
}

/// {folder, dtype} and frames [B,3,T,H,W], latents [B,C,t,h,w] -> latents of the frames, frames of the latents.
Tensors sd_autoencode(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  auto model = autoencoder::sd::load(settings.at("folder").get<std::string>(), placement(settings));
  return {{"latents", model->encode(in.at("frames"))}, {"frames", model->decode(in.at("latents"))}};
}

/// {config, steps: [...]} -> the timesteps of a scheduler's config, by the number of steps.
Tensors timesteps(const base::Json& settings, const Tensors&) {
  auto schedule = diffusion::DiscreteSchedule::from_json(settings.at("config"));
  Tensors out;
  for (int64_t steps : settings.at("steps")) out[std::to_string(steps)] = at::tensor(schedule.timesteps(steps), at::kLong);
  return out;
}

/// A run {config, steps, seed, channels} of the scheduler's own sampler from x [B,C,h,w], on the toy network tanh((x, x) + slope * t /
/// 1000), of which `channels` are given: C for the noise, or 2C with the variance.
Tensor run(const base::Json& settings, const Tensor& x, const Tensor& slope) {
  auto schedule = diffusion::DiscreteSchedule::from_json(settings.at("config"));
  diffusion::SamplerOptions options = schedule.options;
  bool ddpm = settings.at("config").at("_class_name") == "DDPMScheduler";
  auto sigmas = ddpm ? schedule.ddpm_sigmas(settings.at("steps")) : schedule.ddim_sigmas(settings.at("steps"), options);
  int64_t channels = settings.at("channels");
  auto output = channels == x.size(1) ? diffusion::PredictionType::epsilon : diffusion::PredictionType::epsilon_and_variance;
  diffusion::Parameterization parameterization{.prediction_type = output, .alphas_cumprod = schedule.alphas_cumprod};
  auto generator = base::generator(settings.at("seed"));
  Tensor raw;
  options.noise = [&](const Tensor&) { return base::randn(x.sizes(), generator); };
  options.variances = [&] { return parameterization.variances(raw); };
  auto predict = [&](const Tensor& x, double s) {
    Tensor seen = parameterization.input(x, at::scalar_tensor(s, at::kDouble)),
           t = parameterization.timestep(at::scalar_tensor(s, at::kDouble));
    raw = at::tanh(at::cat({seen, seen}, 1) + slope * (t.item<double>() / 1000)).narrow(1, 0, channels);
    return parameterization.velocity(raw, x, at::scalar_tensor(s, at::kDouble));
  };
  Tensor start = parameterization.from_input(x, at::scalar_tensor(sigmas.front(), at::kDouble));
  Tensor end = diffusion::sampler(ddpm ? "ddpm" : "ddim").run(start, sigmas, predict, diffusion::keep, options);
  return parameterization.input(end, at::scalar_tensor(sigmas.back(), at::kDouble));
}

/// {runs: [...]} and x, slope [2C,1,1] -> where each ends.
Tensors sample_discrete(const base::Json& settings, const Tensors& in) {
  Tensors out;
  for (const base::Json& settings_of_run : settings.at("runs"))
    out[std::to_string(out.size())] = run(settings_of_run, in.at("x"), in.at("slope"));
  return out;
}

}  // namespace

std::map<std::string, Command> dit_commands() {
  return {{"dit_denoise", dit_denoise},
          {"dit_gradients", dit_gradients},
          {"sd_autoencode", sd_autoencode},
          {"timesteps", timesteps},
          {"sample_discrete", sample_discrete}};
}

}  // namespace zoetrope::parity
