#include "zoetrope/autoencoder/sd/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/model/families/families.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/transformer/dit/denoiser.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

constexpr int64_t paper_channels = 3;  // of the latents are guided in the original code, "for exact reproducibility" of its results

base::Json read_scheduler(const ModelFiles& files) { return base::read_json(files.component("scheduler") / "scheduler_config.json"); }

bool is_dit(const base::Json& index) { return index.value("_class_name", base::Json()) == "DiTPipeline"; }

Defaults dit_defaults(const ModelFiles& files) {
  auto denoiser = tensor::read_config<transformer::dit::Config>(files.component("transformer"));
  int64_t space = tensor::read_config<autoencoder::sd::Config>(files.component("vae")).space();
  SamplingSettings diffusers;  // the defaults of its DiTPipeline
  diffusers.preset = "diffusers";
  diffusers.width = diffusers.height = denoiser.side * space;
  diffusers.frames = 1, diffusers.fps = {1, 1};
  diffusers.steps = 50, diffusers.guidance_scale = 4;
  diffusers.sampler = read_scheduler(files).value("_class_name", "") == "DDPMScheduler" ? "ddpm" : "ddim";
  SamplingSettings paper = diffusers;  // those of the original code
  paper.preset = "paper";
  paper.steps = 250, paper.sampler = "ddpm";
  return {.settings = diffusers,
          .sizes = {{diffusers.width, diffusers.height}},
          .size_multiple = space * denoiser.patch,
          .conditions_unsupported_reason = "it only makes images of a class",
          .max_frames = 1,
          .makes_classes = true,
          .variance_preserving = true,
          .presets = {diffusers, paper}};
}

/// What the original code does with the same betas: timesteps over the whole range, data as it comes, the variance that the network says.
diffusion::DiscreteSchedule as_in_paper(diffusion::DiscreteSchedule schedule, diffusion::PredictionType output) {
  schedule.spacing = diffusion::Spacing::linspace;
  schedule.ends_in_data = true;
  schedule.options.clip_sample = std::numeric_limits<double>::infinity();
  schedule.options.variance =
      output == diffusion::PredictionType::epsilon ? diffusion::VarianceType::fixed_small : diffusion::VarianceType::learned_range;
  return schedule;
}

Schedule schedule_of(const SamplingSettings& r, const diffusion::DiscreteSchedule& published, diffusion::PredictionType output) {
  bool paper = r.preset == "paper";
  diffusion::DiscreteSchedule chosen = paper ? as_in_paper(published, output) : published;
  Schedule schedule{{}, {.prediction_type = output, .alphas_cumprod = chosen.alphas_cumprod}, chosen.options, {}};
  schedule.sigmas = r.sampler == "ddpm" ? chosen.ddpm_sigmas(r.steps) : chosen.ddim_sigmas(r.steps, schedule.options);
  if (paper) schedule.guided_channels = paper_channels;
  return schedule;
}

Components load_dit(const ModelFiles& files, const tensor::Placement& placement) {
  auto published = diffusion::DiscreteSchedule::from_json(read_scheduler(files));
  auto denoiser = transformer::dit::load(files.component("transformer"), placement);
  auto autoencoder = autoencoder::sd::load(files.component("vae"), placement);
  const transformer::dit::Config& config = denoiser->config();
  if (autoencoder->geometry().channels != config.in_channels)
    throw base::Error("the autoencoder of the model has latents of {} channels, its denoiser {}", autoencoder->geometry().channels,
                      config.in_channels);
  bool tells_variance = config.out_channels == 2 * config.in_channels;
  auto output = tells_variance ? diffusion::PredictionType::epsilon_and_variance : diffusion::PredictionType::epsilon;
  if (!tells_variance && published.options.variance == diffusion::VarianceType::learned_range)
    throw base::Error("the scheduler of the model needs a learned variance, but its denoiser does not predict one");
  ClassLabels classes(config.classes, base::read_json(files.folder / "model_index.json").value("id2label", base::Json()));
  auto schedule = [=](const SamplingSettings& r) { return schedule_of(r, published, output); };
  return {nullptr, std::move(denoiser), std::move(autoencoder), schedule, std::move(classes)};
}

}  // namespace

Family dit_family() {
  return {"dit", is_dit, dit_defaults, load_dit, [](const std::string& prompt) { return prompt; }};
}

}  // namespace zoetrope::model
