#include "zoetrope/diffusion/schedules.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {
namespace {

constexpr int64_t max_timesteps = 100'000;

/// The choice called `json[key]`, or an error that lists what there is; the first is the default.
template <class Choice>
Choice choose(const base::Json& json, const char* key, const std::vector<std::pair<std::string, Choice>>& choices) {
  base::Json name = json.value(key, base::Json(choices.front().first));
  std::string names;
  for (const auto& [known, choice] : choices) {
    if (name == known) return choice;
    names += (names.empty() ? "" : ", ") + known;
  }
  throw base::Error("'{}' in scheduler_config.json is {}, which is not supported; supported: {}", key, name.dump(), names);
}

/// In fp32, as diffusers computes them: near timestep 0 the last digits of 1 - a count.
std::vector<double> read_alphas_cumprod(const base::Json& json) {
  enum class Betas { linear, scaled_linear };
  Betas kind = choose<Betas>(json, "beta_schedule", {{"linear", Betas::linear}, {"scaled_linear", Betas::scaled_linear}});
  double first = json.value("beta_start", 1e-4), last = json.value("beta_end", 0.02);
  int64_t count = json.value("num_train_timesteps", int64_t{1000});
  if (count < 1 || count > max_timesteps)
    throw base::Error("'num_train_timesteps' in scheduler_config.json must be from 1 to {}, got {}", max_timesteps, count);
  if (!(first > 0 && first <= last && last < 1))
    throw base::Error("betas must rise between 0 and 1, but scheduler_config.json has them from {} to {}", first, last);
  Tensor betas = kind == Betas::linear ? at::linspace(first, last, count, at::kFloat)
                                       : at::linspace(std::sqrt(first), std::sqrt(last), count, at::kFloat).square();
  Tensor alphas = (1 - betas).cumprod(0).to(at::kDouble);
  return {alphas.data_ptr<double>(), alphas.data_ptr<double>() + count};
}

double sigma_of(const std::vector<double>& alphas_cumprod, int64_t timestep) {
  return Parameterization{.alphas_cumprod = alphas_cumprod}.sigma(static_cast<double>(timestep));
}

}  // namespace

Sigmas shifted_sigmas(int64_t steps, double shift, SigmaRange range) {
  if (steps < 1) throw base::UsageError("the number of steps must be at least 1, got {}", steps);
  if (!(shift > 0)) throw base::UsageError("the shift must be above 0, got {}; 1 means none", shift);
  double step = (range.last - range.first) / static_cast<double>(steps);
  Sigmas sigmas;
  for (int64_t i = 0; i < steps; ++i) {
    double sigma = range.first + static_cast<double>(i) * step;
    sigmas.push_back(std::min(time_shift(sigma, shift), range.ceiling));
  }
  sigmas.push_back(0);
  return sigmas;
}

DiscreteSchedule DiscreteSchedule::from_json(const base::Json& json) {
  std::string name = json.value("_class_name", "");
  if (name != "DDIMScheduler" && name != "DDPMScheduler")
    throw base::Error("the scheduler '{}' is not supported for variance-preserving models; DDIMScheduler and DDPMScheduler are", name);
  choose<int>(json, "prediction_type", {{"epsilon", 0}});
  for (const char* key : {"thresholding", "rescale_betas_zero_snr"})
    if (json.value(key, false)) throw base::Error("'{}' in scheduler_config.json is not supported; it must be false", key);
  if (!json.value("trained_betas", base::Json()).is_null())
    throw base::Error("'trained_betas' in scheduler_config.json is not supported; 'beta_start' and 'beta_end' are");
  DiscreteSchedule s;
  s.alphas_cumprod = read_alphas_cumprod(json);
  s.spacing = choose<Spacing>(json, "timestep_spacing",
                              {{"leading", Spacing::leading}, {"trailing", Spacing::trailing}, {"linspace", Spacing::linspace}});
  s.offset = json.value("steps_offset", int64_t{0});
  s.ends_in_data = json.value("set_alpha_to_one", true);
  if (json.value("clip_sample", true)) s.options.clip_sample = json.value("clip_sample_range", 1.0);
  s.options.variance = choose<VarianceType>(json, "variance_type",
                                            {{"fixed_small", VarianceType::fixed_small},
                                             {"fixed_small_log", VarianceType::fixed_small},
                                             {"fixed_large", VarianceType::fixed_large},
                                             {"learned_range", VarianceType::learned_range}});
  s.options.last_noisy_sigma = sigma_of(s.alphas_cumprod, 0);
  return s;
}

std::vector<int64_t> DiscreteSchedule::timesteps(int64_t steps) const {
  int64_t trained = std::ssize(alphas_cumprod);
  if (steps < 1 || steps > trained) throw base::UsageError("the number of steps must be from 1 to {}, got {}", trained, steps);
  std::vector<int64_t> all;
  for (int64_t i = 0; i < steps; ++i) {
    double ratio = static_cast<double>(trained) / static_cast<double>(steps), place = static_cast<double>(i);
    double most = static_cast<double>(trained - 1), interval = steps == 1 ? 0 : most / static_cast<double>(steps - 1);
    int64_t t = 0;  // rounded to even where two are as near, as numpy does
    if (spacing == Spacing::leading) t = (steps - 1 - i) * (trained / steps) + offset;
    if (spacing == Spacing::trailing) t = static_cast<int64_t>(std::nearbyint(static_cast<double>(trained) - place * ratio)) - 1;
    if (spacing == Spacing::linspace) t = static_cast<int64_t>(std::nearbyint((static_cast<double>(steps - 1) - place) * interval));
    if (t < 0 || t >= trained)
      throw base::Error("'steps_offset' {} leads to timestep {}, but timesteps are 0 to {}", offset, t, trained - 1);
    all.push_back(t);
  }
  return all;
}

Sigmas DiscreteSchedule::ddpm_sigmas(int64_t steps) const {
  Sigmas sigmas;
  for (int64_t t : timesteps(steps)) sigmas.push_back(sigma_of(alphas_cumprod, t));
  sigmas.push_back(0);
  return sigmas;
}

Sigmas DiscreteSchedule::ddim_sigmas(int64_t steps, SamplerOptions& with) const {
  int64_t stride = std::ssize(alphas_cumprod) / steps;
  double end = ends_in_data ? 0 : sigma_of(alphas_cumprod, 0);
  Sigmas sigmas, prev_sigmas;
  for (int64_t t : timesteps(steps)) {
    sigmas.push_back(sigma_of(alphas_cumprod, t));
    prev_sigmas.push_back(t < stride ? end : sigma_of(alphas_cumprod, t - stride));
  }
  sigmas.push_back(prev_sigmas.back());
  with.prev_sigmas = Sigmas(sigmas.begin() + 1, sigmas.end()) == prev_sigmas ? Sigmas() : prev_sigmas;
  return sigmas;
}

}  // namespace zoetrope::diffusion
