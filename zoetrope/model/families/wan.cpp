#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/autoencoder/wan/keys.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/model/families/families.h"
#include "zoetrope/model/families/wan_image_conditioning.h"
#include "zoetrope/model/families/wan_loras.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/transformer/wan/denoiser.h"
#include "zoetrope/transformer/wan/keys.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

constexpr int64_t token_limit = 512;         // of a prompt (the pipeline's max_sequence_length)
constexpr double timesteps = 1000;           // at sigma 1
constexpr double t2v_boundary = 0.875;       // sigma from which Wan2.2 T2V-A14B uses its first expert (wan_t2v_A14B.py)
constexpr double i2v_boundary = 0.9;         // the same of I2V-A14B (wan_i2v_A14B.py)
constexpr double min_sigma = 1 / timesteps;  // of training

constexpr const char *diffusers_preset = "diffusers", *wan_preset = "wan", *four_step_preset = "4step", *fastwan_preset = "fastwan";

constexpr const char* distilled_pipeline = "WanDMDPipeline";  // of FastWan's folders

/// The default negative prompt of the original code (shared_config.py): garish, overexposed, still or blurred images,
/// subtitles, malformed bodies and so on.
constexpr const char* negative_prompt =
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，多余"
    "的手指，画得不好的手部，"
    "画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走";

/// The folder's index; empty if the model consists of single files.
base::Json read_index(const ModelFiles& files) {
  return files.folder.empty() ? base::Json::object() : base::read_json(files.folder / "model_index.json");
}

bool is_wan(const base::Json& index) {
  const base::Json name = index.value("_class_name", base::Json());
  return name == "WanPipeline" || name == distilled_pipeline || name == "WanImageToVideoPipeline";
}

/// A scheduler of diffusers: our name for it, and the required values of settings that change what it computes.
struct Scheduler {
  const char* sampler;
  std::map<std::string, base::Json> settings;
};

const std::map<std::string, Scheduler>& schedulers() {
  using Settings = std::map<std::string, base::Json>;
  static const std::map<std::string, Scheduler> all = [] {
    auto with = [](Settings a, const Settings& b) {
      a.insert(b.begin(), b.end());
      return a;
    };
    const Settings every{{"use_karras_sigmas", false},
                         {"use_exponential_sigmas", false},
                         {"use_beta_sigmas", false},
                         {"use_dynamic_shifting", false},
                         {"num_train_timesteps", 1000}};
    const Settings multistep = with(every, {{"prediction_type", "flow_prediction"},
                                            {"use_flow_sigmas", true},
                                            {"solver_order", 2},
                                            {"lower_order_final", true},
                                            {"final_sigmas_type", "zero"},
                                            {"thresholding", false}});
    const Settings unipc{{"solver_type", "bh2"}, {"predict_x0", true}, {"disable_corrector", base::Json::array()}};
    const Settings dpm{
        {"algorithm_type", "dpmsolver++"}, {"solver_type", "midpoint"}, {"euler_at_final", false}, {"use_lu_lambdas", false}};
    const Settings euler{{"invert_sigmas", false}, {"stochastic_sampling", false}, {"shift_terminal", nullptr}};
    const Settings lcm{{"invert_sigmas", false}, {"shift_terminal", nullptr}, {"scale_factors", nullptr}};
    return std::map<std::string, Scheduler>{{"UniPCMultistepScheduler", {"unipc", with(unipc, multistep)}},
                                            {"DPMSolverMultistepScheduler", {"dpm++", with(dpm, multistep)}},
                                            {"FlowMatchEulerDiscreteScheduler", {"euler", with(euler, every)}},
                                            {"FlowMatchLCMScheduler", {"lcm", with(lcm, every)}}};
  }();
  return all;
}

/// Our name for a scheduler of diffusers; settings that compute something else are refused by key.
std::string sampler_name(const base::Json& config) {
  std::string name = config.value("_class_name", "");
  auto scheduler = schedulers().find(name);
  if (scheduler == schedulers().end())
    throw base::Error(
        "the scheduler '{}' is not supported for Wan models; UniPCMultistepScheduler, DPMSolverMultistepScheduler, "
        "FlowMatchEulerDiscreteScheduler and FlowMatchLCMScheduler are",
        name);
  for (const auto& [key, needed] : scheduler->second.settings)
    if (base::Json found = config.value(key, needed); found != needed)
      throw base::Error("scheduler_config.json: {} with '{}' = {} is not supported, only {}", name, key, found.dump(), needed.dump());
  return scheduler->second.sampler;
}

/// The sigmas of the original code's samplers, or of diffusers' schedulers, which differ from each other.
Schedule schedule(const SamplingSettings& r) {
  diffusion::Parameterization integer{.timesteps = timesteps, .integer_timesteps = true};
  if (r.preset == wan_preset) return {diffusion::shifted_sigmas(r.steps, r.shift, diffusion::wan_sigmas), integer};
  if (r.preset == four_step_preset) return {diffusion::shifted_sigmas(r.steps, r.shift), {.timesteps = timesteps}};
  if (r.sampler == "unipc") return {diffusion::shifted_sigmas(r.steps, r.shift, diffusion::diffusers_sigmas), integer};
  if (r.sampler == "dpm++") return {diffusion::shifted_sigmas(r.steps, r.shift, diffusion::wan_sigmas), integer};
  // FlowMatchEuler and FlowMatchLCM step from 1 to the smallest sigma of training, and shift both that sigma and those between.
  double last = diffusion::time_shift(min_sigma, r.shift), steps = static_cast<double>(r.steps);
  diffusion::SigmaRange range{.first = 1, .last = r.steps == 1 ? 0 : 1 + (last - 1) * steps / (steps - 1)};
  return {diffusion::shifted_sigmas(r.steps, r.shift, range), {.timesteps = timesteps}};
}

// A component is a folder with a config.json, or a file, whose sizes follow from its shapes.

std::pair<tensor::Checkpoint, transformer::wan::Config> open_denoiser(const ModelFiles& files, const std::string& name = "transformer") {
  tensor::Checkpoint checkpoint = files.open(name);  // mapped, in the file's dtype: a layer is cast when it computes
  transformer::wan::use_keys(checkpoint);
  const fs::path& folder = checkpoint.folder();
  auto config = folder.empty() ? transformer::wan::config_of(checkpoint) : tensor::read_config<transformer::wan::Config>(folder);
  return {std::move(checkpoint), config};
}

std::pair<tensor::Checkpoint, autoencoder::wan::Config> open_autoencoder(const ModelFiles& files) {
  tensor::Checkpoint checkpoint = files.open("vae");
  autoencoder::wan::use_keys(checkpoint);
  const fs::path& folder = checkpoint.folder();
  auto config = folder.empty() ? autoencoder::wan::config_of(checkpoint) : tensor::read_config<autoencoder::wan::Config>(folder);
  return {std::move(checkpoint), config};
}

bool is_wan_file(const ModelFiles& files) {
  tensor::Checkpoint checkpoint = files.open("transformer");
  transformer::wan::use_keys(checkpoint);
  return checkpoint.has("patch_embedding.weight") && checkpoint.has("condition_embedder.time_proj.weight");
}

/// The defaults of the original code (generate.py and its configs).
SamplingSettings reference_defaults(SamplingSettings r, const transformer::wan::Config& denoiser, bool two_experts) {
  const bool animates = is_image_to_video(denoiser);
  r.preset = wan_preset, r.sampler = "unipc", r.shift = 5, r.negative_prompt = negative_prompt;
  if (animates || two_experts) r.steps = 40;
  if (two_experts && animates) r.guidance_scale = 3.5;
  if (two_experts && !animates) r.shift = 12, r.guidance_scale = 4, r.guidance_scale_2 = 3;
  if (denoiser.image_width) r.shift = denoiser.image_positions ? 16 : 3;  // of two images, or of one at 480p; 5 at 720p
  return r;
}

/// Models distilled to four steps by lightx2v and Lightning: Euler steps at 1000, 937.5, 833.3 and 625, without guidance.
SamplingSettings four_steps(SamplingSettings r) {
  r.preset = four_step_preset, r.sampler = "euler", r.steps = 4, r.shift = 5;
  r.guidance_scale = 1, r.guidance_scale_2 = {}, r.negative_prompt = "";
  return r;
}

/// FastWan (FastVideo), distilled to three timesteps and noised anew.
SamplingSettings fastwan(SamplingSettings r) {
  r.preset = fastwan_preset, r.sampler = "lcm", r.timesteps = {1000, 757, 522}, r.steps = 3, r.shift = 1;
  r.guidance_scale = 1, r.guidance_scale_2 = {}, r.negative_prompt = "";
  return r;
}

Defaults wan_defaults(const ModelFiles& files) {
  auto vae = open_autoencoder(files).second;
  auto denoiser = open_denoiser(files).second;
  Defaults d;
  d.settings.width = 832, d.settings.height = 480, d.settings.frames = 81, d.settings.fps = {16, 1};
  d.settings.preset = diffusers_preset, d.settings.steps = 50, d.settings.guidance_scale = 5;
  d.sizes = {{832, 480}, {480, 832}, {1280, 720}, {720, 1280}, {624, 624}, {960, 960}};
  bool animates = read_index(files).value("expand_timesteps", base::Json()) == true;
  if (vae.space == 16) {  // Wan2.2 TI2V-5B
    d.settings.width = 1280, d.settings.height = 704, d.settings.frames = 121, d.settings.fps = {24, 1};
    d.sizes = {{1280, 704}, {704, 1280}};
    animates = true;
  }
  d.two_experts = files.has("transformer_2");
  SamplingSettings original = reference_defaults(d.settings, denoiser, d.two_experts);
  d.settings.sampler = "unipc", d.settings.shift = 3;  // of the folders that diffusers' converter writes
  if (files.has("scheduler")) {
    base::Json scheduler = base::read_json(files.component("scheduler") / "scheduler_config.json");
    d.settings.sampler = sampler_name(scheduler);
    d.settings.shift = scheduler.value("flow_shift", scheduler.value("shift", 1.0));
  }
  d.presets = {d.settings, original, four_steps(original), fastwan(original)};
  d.few_step_presets = {four_step_preset, fastwan_preset};
  if (files.folder.empty()) d.settings = original;
  if (read_index(files).value("_class_name", base::Json()) == distilled_pipeline) d.settings = d.preset(fastwan_preset);
  d.size_multiple = vae.space * denoiser.patch;
  d.requires_image = is_image_to_video(denoiser);
  d.one_timestep = !animates;
  return d;
}

transformer::wan::Denoiser load_denoiser(const ModelFiles& files, const std::string& name, const tensor::Placement& placement,
                                         std::vector<std::string>& notices) {
  auto [checkpoint, config] = open_denoiser(files, name);
  checkpoint.place(placement);
  auto build = [&, &config = config](tensor::Weights w) { return transformer::wan::Denoiser(w, config); };
  auto loras = files.loras.find(name);
  if (loras == files.loras.end()) return tensor::build_model(checkpoint, build);
  tensor::LoraWeights changed(checkpoint, loras->second, transformer::wan::keys());
  notices.insert(notices.end(), changed.notices().begin(), changed.notices().end());
  return tensor::build_model(checkpoint, build, {}, &changed);
}

/// The sigma below which the second expert is used; 0 in models with one denoiser.
double read_boundary_ratio(const ModelFiles& files, const transformer::wan::Config& denoiser) {
  if (!files.has("transformer_2")) return 0;
  base::Json ratio = read_index(files).value("boundary_ratio", base::Json());  // null in folders of models with one
  return ratio.is_number() ? ratio.get<double>() : is_image_to_video(denoiser) ? i2v_boundary : t2v_boundary;
}

std::unique_ptr<transformer::Denoiser> load_denoisers(const ModelFiles& files, const tensor::Placement& placement,
                                                      std::vector<std::string>& notices) {
  transformer::wan::Denoiser first = load_denoiser(files, "transformer", placement, notices);
  if (!files.has("transformer_2")) return std::make_unique<transformer::wan::Denoiser>(std::move(first));
  return std::make_unique<transformer::wan::Experts>(std::move(first), load_denoiser(files, "transformer_2", placement, notices),
                                                     read_boundary_ratio(files, first.config()) * timesteps);
}

std::unique_ptr<autoencoder::VideoAutoencoder> load_autoencoder(const ModelFiles& files, const tensor::Placement& placement) {
  auto [checkpoint, config] = open_autoencoder(files);
  checkpoint.place(placement);
  checkpoint.cast_weights();
  return tensor::build_model(
      checkpoint, [&, &config = config](tensor::Weights w) { return std::make_unique<autoencoder::wan::Autoencoder>(w, config); });
}

Components load_wan(const ModelFiles& files, const tensor::Placement& placement) {
  auto denoiser = open_denoiser(files).second;
  auto with_experts = [boundary_ratio = read_boundary_ratio(files, denoiser)](const SamplingSettings& r) {
    Schedule s = schedule(r);
    s.boundary_ratio = boundary_ratio;
    return s;
  };
  std::vector<std::string> notices;
  Components c{load_text_encoder(files, token_limit, placement), load_denoisers(files, placement, notices),
               load_autoencoder(files, placement), with_experts};
  c.notices = std::move(notices);
  if (int64_t channels = c.autoencoder->geometry().channels; channels != denoiser.out_channels)
    throw base::Error("{} makes latents of {} channels, {} takes {}; they are not from the same model", files.component("vae").string(),
                      channels, files.component("transformer").string(), denoiser.out_channels);
  if (c.text->width() != denoiser.text_width)
    throw base::Error("{} makes states of width {}, {} takes {}; they are not from the same model",
                      files.component("text_encoder").string(), c.text->width(), files.component("transformer").string(),
                      denoiser.text_width);
  if (is_image_to_video(denoiser)) c.image_conditioning = image_conditioning_of(files, denoiser, *c.autoencoder);
  return c;
}

void settle_loras(ModelFiles& files, std::vector<std::string>& notices) {
  if (files.has("transformer_2")) check_lora_pair(files);
  for (auto& [denoiser, loras] : files.loras) loras = with_trained_scales(std::move(loras), notices);
}

}  // namespace

Family wan_family() {
  return {"wan", is_wan, wan_defaults, load_wan, [](const std::string& prompt) { return text::clean(prompt); }, settle_loras, is_wan_file};
}

}  // namespace zoetrope::model
