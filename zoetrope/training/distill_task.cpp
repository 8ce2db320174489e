#include "zoetrope/training/distill_task.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/diffusion/objective.h"
#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/model/distilled.h"
#include "zoetrope/training/sample_sheet.h"

namespace zoetrope::training {
namespace {

/// Rows of a conditioning for the evaluations with and without the prompt, in one batch: the second half of the rows has `empty`.
transformer::Conditioning with_empty(const transformer::Conditioning& told, const text::TextEmbedding& both) {
  auto twice = [](const Tensor& t) { return t.defined() ? at::cat({t, t}) : t; };
  transformer::Conditioning all = told;
  all.text = both;
  all.guidance = Tensor();
  all.concat_latents = twice(told.concat_latents), all.image = twice(told.image), all.action = twice(told.action);
  return all;
}

}  // namespace

void check(const DistillSettings& s, const model::Model& teacher) {
  if (teacher.components().text == nullptr || teacher.components().image_conditioning || teacher.defaults().one_timestep)
    throw base::UsageError("only models of text with a timestep for each token can be distilled yet, and this teacher is another");
  if (s.steps < 1 || s.teacher_steps < 1)
    throw base::UsageError("the steps must be 1 or more, got {} of the student and {} of the teacher", s.steps, s.teacher_steps);
  if (s.lowest_guidance < 1 || s.highest_guidance < s.lowest_guidance)
    throw base::UsageError("guidance scales must rise from 1 or more, got {} to {}", s.lowest_guidance, s.highest_guidance);
}

Tensor step_ends(const Tensor& starts, const diffusion::Sigmas& sigmas) {
  constexpr double rounding = 1e-6;
  Tensor ends = at::zeros_like(starts);
  for (double sigma : sigmas) ends = at::where(starts > sigma + rounding, at::maximum(ends, at::full_like(ends, sigma)), ends);
  return ends;
}

DistillTask::DistillTask(const model::Model& teacher, const std::filesystem::path& folder, const transformer::Denoiser& student,
                         const LowRankWeights& weights, const data::Dataset& dataset, const data::Dataset& validation,
                         DistillSettings settings)
    : teacher_(teacher),
      folder_(folder),
      student_(student),
      weights_(weights),
      validation_(validation),
      settings_(std::move(settings)),
      batches_(dataset, *teacher.components().autoencoder, settings_),
      parameterization_(teacher.schedule(teacher.defaults().settings).parameterization) {
  check(settings_, teacher);
}

BatchNoise DistillTask::starts(int64_t batch, const transformer::Grid& grid, const diffusion::Sigmas& sigmas,
                               at::Generator& generator) const {
  const diffusion::SigmaDistribution unused;  // which tokens are known is drawn there, their sigmas here
  BatchNoise drawn = draw_noise(batch, grid, unused, settings_.causal_prob, settings_.condition_prob, generator);
  Tensor& values = drawn.sigmas.values;  // [B,K]
  Tensor steps = at::tensor(at::ArrayRef<double>(sigmas)).to(at::kFloat);
  Tensor step = at::randint(settings_.steps, values.sizes(), generator, at::kLong);
  Tensor start = steps.take(step), end = steps.take(step + 1);
  Tensor inner = at::rand(values.sizes(), generator) < settings_.inner_prob;
  start = at::where(inner, end + (start - end) * at::rand(values.sizes(), generator).clamp_min(0.02), start);
  values = at::where(drawn.is_free(), start, values);
  return drawn;
}

Tensor DistillTask::teach(Tensor x, const BatchNoise& starts, const Tensor& ends, const Tensor& scales,
                          const transformer::Conditioning& conditioning, const transformer::TokenLayout& layout) const {
  at::NoGradGuard no_grad;
  const transformer::Denoiser& denoiser = *teacher_.components().denoiser;
  auto run = denoiser.begin(conditioning, layout);
  auto of_latents = [&](const Tensor& values) {
    return upsample_to_latents(starts.of_tokens(values), layout.grid, layout.patch).to(x.device());
  };
  const Tensor& begin = starts.sigmas.values;
  auto at_part = [&](int64_t i) {
    return begin + (ends - begin) * (static_cast<double>(i) / static_cast<double>(settings_.teacher_steps));
  };
  Tensor scale = scales.view({-1, 1, 1, 1, 1}).to(x.device());
  for (int64_t i = 0; i < settings_.teacher_steps; ++i) {
    Tensor now = at_part(i), sigma = of_latents(now), next = of_latents(at_part(i + 1));
    Tensor index = starts.sigmas.index;
    transformer::TokenTimesteps timesteps{at::cat({now, now}), index.defined() ? at::cat({index, index}).to(x.device()) : index};
    timesteps.values = parameterization_.timestep(timesteps.values);
    Tensor twice = at::cat({x, x}), sigmas = at::cat({sigma, sigma});
    Tensor v = parameterization_.velocity(denoiser.predict(parameterization_.input(twice, sigmas), timesteps, *run), twice, sigmas);
    auto halves = v.chunk(2);
    x = x + (next - sigma) * (halves[1] + scale * (halves[0] - halves[1]));
  }
  return x;
}

Tensor DistillTask::loss(int64_t step, base::Json& metrics) {
  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 6, static_cast<uint64_t>(step)}));
  data::LatentBatch batch = batches_.next(step, generator);
  const int64_t clips = batch.latents.size(0);
  transformer::TokenLayout layout = student_.layout(batch.latents.size(2), batch.latents.size(3), batch.latents.size(4));

  model::SamplingSettings sampling = teacher_.defaults().settings;
  sampling.steps = settings_.steps;
  const diffusion::Sigmas sigmas = teacher_.schedule(sampling).sigmas;
  BatchNoise drawn = starts(clips, layout.grid, sigmas, generator);
  layout.attends = drawn.attends;
  Tensor ends = step_ends(drawn.sigmas.values, sigmas);
  auto of_latents = [&](const Tensor& of_tokens) { return upsample_to_latents(of_tokens, layout.grid, layout.patch).to(device()); };
  // What is known, and the past of a stream, stays where it is.
  Tensor free = of_latents(drawn.free), start = of_latents(drawn.of_tokens()), end = of_latents(drawn.of_tokens(ends));
  Tensor noise = base::randn(batch.latents.sizes(), generator).to(device());
  Tensor x = diffusion::add_noise(batch.latents.to(device()), noise, start).x;

  Tensor scales = settings_.lowest_guidance + (settings_.highest_guidance - settings_.lowest_guidance) * at::rand({clips}, generator);
  std::vector<std::string> prompts;
  for (const std::string& prompt : batch.prompts) prompts.push_back(teacher_.prepare_text(prompt));
  prompts.resize(static_cast<size_t>(2 * clips), teacher_.prepare_text(""));
  text::TextEmbedding both;
  {
    at::NoGradGuard no_grad;
    both = teacher_.components().text->encode(prompts);
  }
  transformer::Conditioning told{{both.states.narrow(0, 0, clips), both.mask.narrow(0, 0, clips)}};
  if (!teacher_.defaults().actions.empty() && batch.actions.defined()) told.action = batch.actions.to(device());
  Tensor reached = teach(x, drawn, ends, scales, with_empty(told, both), layout);
  Tensor target = at::where(free.to(at::kBool), (x - reached) / (start - end).clamp_min(1e-3), at::zeros({}, x.options()));

  told.guidance = scales.to(device());
  transformer::TokenTimesteps timesteps = drawn.sigmas;
  if (timesteps.index.defined()) timesteps.index = timesteps.index.to(device());
  timesteps.values = parameterization_.timestep(timesteps.values);
  Tensor raw = student_.predict(parameterization_.input(x, start), timesteps, *student_.begin(told, layout));
  Tensor v = parameterization_.velocity(raw, x, start);

  return velocity_loss(v, target, free, batch.subject_mask.to(device()), settings_.subject_weight, layout.attends, metrics);
}

void DistillTask::sample(const std::filesystem::path& stem, base::Json&) {
  const model::SamplingSettings& full = teacher_.defaults().settings;
  std::vector<std::pair<data::ClipShape, SampleSettings>> samples{
      {settings_.mixture.back().shape, {.shift = full.shift, .guidance_scale = 1, .steps = settings_.steps}}};
  write_sample_sheet(stem.string() + ".png", student_, *teacher_.components().autoencoder, validation_, samples, [&](const std::string& p) {
    transformer::Conditioning told{teacher_.components().text->encode({teacher_.prepare_text(p)})};
    told.guidance = at::full({1}, full.guidance_scale).to(device());
    return std::vector<generation::Branch>{{"conditional", told}};
  });
}

void DistillTask::save_model(const std::filesystem::path& folder) {
  std::filesystem::copy(folder_, folder, std::filesystem::copy_options::recursive);
  model::write_distilled(folder, settings_.steps, weights_.parameters());
}

}  // namespace zoetrope::training
