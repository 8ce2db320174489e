#include "zoetrope/diffusion/discrete_schedule.h"

#include <cmath>

#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {
namespace {

constexpr int64_t most_timesteps = 100'000;

/// The choice called `json[key]`, or an error that lists what there is; the first is the default.
template <class Choice>
Choice choose(const base::Json& json, const char* key, const std::vector<std::pair<std::string, Choice>>& choices) {
  base::Json name = json.value(key, base::Json(choices.front().first));
  std::string names;
  for (const auto& [known, choice] : choices) {
    if (name == known) return choice;
    names += (names.empty() ? "" : ", ") + known;
  }
  throw base::Error("'{}' in scheduler_config.json is {}, which is not known here; known: {}", key, name.dump(), names);
}

/// In fp32, as diffusers computes them: near timestep 0 the last digits of 1 - a count.
std::vector<double> read_alphas_cumprod(const base::Json& json) {
  enum class Betas { linear, scaled_linear };
  Betas kind = choose<Betas>(json, "beta_schedule", {{"linear", Betas::linear}, {"scaled_linear", Betas::scaled_linear}});
  double first = json.value("beta_start", 1e-4), last = json.value("beta_end", 0.02);
  int64_t count = json.value("num_train_timesteps", int64_t{1000});
  if (count < 1 || count > most_timesteps)
    throw base::Error("'num_train_timesteps' in scheduler_config.json must be from 1 to {}, got {}", most_timesteps, count);
  if (!(first > 0 && first <= last && last < 1))
    throw base::Error("betas must rise between 0 and 1, but scheduler_config.json has them from {} to {}", first, last);
  Tensor betas = kind == Betas::linear ? at::linspace(first, last, count, at::kFloat)
                                       : at::linspace(std::sqrt(first), std::sqrt(last), count, at::kFloat).square();
  Tensor alphas = (1 - betas).cumprod(0).to(at::kDouble);
  return {alphas.data_ptr<double>(), alphas.data_ptr<double>() + count};
}

double level_of(const std::vector<double>& alphas_cumprod, int64_t timestep) {
  return Parameterization{.alphas_cumprod = alphas_cumprod}.level(static_cast<double>(timestep));
}

}  // namespace

DiscreteSchedule DiscreteSchedule::from_json(const base::Json& json) {
  std::string name = json.value("_class_name", "");
  if (name != "DDIMScheduler" && name != "DDPMScheduler")
    throw base::Error("the scheduler '{}' is not known for variance-preserving models; DDIMScheduler and DDPMScheduler are", name);
  choose<int>(json, "prediction_type", {{"epsilon", 0}});
  for (const char* key : {"thresholding", "rescale_betas_zero_snr"})
    if (json.value(key, false)) throw base::Error("'{}' in scheduler_config.json is not known here; it must be false", key);
  if (!json.value("trained_betas", base::Json()).is_null())
    throw base::Error("'trained_betas' in scheduler_config.json are not known here; 'beta_start' and 'beta_end' are");
  DiscreteSchedule s;
  s.alphas_cumprod = read_alphas_cumprod(json);
  s.spacing = choose<Spacing>(json, "timestep_spacing",
                              {{"leading", Spacing::leading}, {"trailing", Spacing::trailing}, {"linspace", Spacing::linspace}});
  s.offset = json.value("steps_offset", int64_t{0});
  s.ends_in_data = json.value("set_alpha_to_one", true);
  if (json.value("clip_sample", true)) s.how.clip = json.value("clip_sample_range", 1.0);
  s.how.variance = choose<StepVariance>(json, "variance_type",
                                        {{"fixed_small", StepVariance::smallest},
                                         {"fixed_small_log", StepVariance::smallest},
                                         {"fixed_large", StepVariance::largest},
                                         {"learned_range", StepVariance::learned}});
  s.how.quiet = level_of(s.alphas_cumprod, 0);
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
    if (t < 0 || t >= trained) throw base::Error("'steps_offset' {} leads to timestep {}, but there are 0 to {}", offset, t, trained - 1);
    all.push_back(t);
  }
  return all;
}

Levels DiscreteSchedule::ddpm_levels(int64_t steps) const {
  Levels levels;
  for (int64_t t : timesteps(steps)) levels.push_back(level_of(alphas_cumprod, t));
  levels.push_back(0);
  return levels;
}

Levels DiscreteSchedule::ddim_levels(int64_t steps, VariancePreserving& with) const {
  int64_t stride = std::ssize(alphas_cumprod) / steps;
  double end = ends_in_data ? 0 : level_of(alphas_cumprod, 0);
  Levels levels, landings;
  for (int64_t t : timesteps(steps)) {
    levels.push_back(level_of(alphas_cumprod, t));
    landings.push_back(t < stride ? end : level_of(alphas_cumprod, t - stride));
  }
  levels.push_back(landings.back());
  with.landings = Levels(levels.begin() + 1, levels.end()) == landings ? Levels() : landings;
  return levels;
}

}  // namespace zoetrope::diffusion
