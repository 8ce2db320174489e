#include "zoetrope/generation/model.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/ranges.h>

#include "zoetrope/base/cost.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/generation/conditions.h"
#include "zoetrope/generation/sample.h"
#include "zoetrope/text/prompt.h"

namespace zoetrope::generation {
namespace {

namespace fs = std::filesystem;

constexpr size_t hashed_beginning = size_t{1} << 20;  // bytes of a weight file: hashing all of a large model takes too long
constexpr int64_t max_side = 8192, max_steps = 1000;

std::string read_beginning(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(hashed_beginning, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

/// A line for each configuration and weight file of a folder, by its name there.
std::string fingerprint_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (std::string suffix = entry.path().extension(); suffix == ".safetensors" || suffix == ".json" || suffix == ".model")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files)
    all += fmt::format("{} {} {}\n", file.lexically_relative(folder).string(), fs::file_size(file), base::sha256(read_beginning(file)));
  return all;
}

std::string fingerprint_files(const ModelFiles& files) {
  std::string all = files.folder.empty() ? "" : fingerprint_folder(files.folder);
  for (const auto& [name, path] : files.parts)
    all += fs::is_directory(path) ? name + "\n" + fingerprint_folder(path)
                                  : fmt::format("{} {} {}\n", name, fs::file_size(path), base::sha256(read_beginning(path)));
  for (const auto& [name, loras] : files.loras)
    for (const tensor::LoraSpec& lora : loras)
      all += fmt::format("{} + {} * {}\n", name, lora.scale, base::sha256(read_beginning(lora.file)));
  return base::sha256(all);
}

void check_size(const Request& r, int64_t multiple) {
  for (int64_t side : {r.width, r.height})
    if (side < multiple || side > max_side || side % multiple != 0) {
      int64_t near = std::clamp((side + multiple / 2) / multiple * multiple, multiple, max_side);
      throw base::UsageError("--size must be made of multiples of {} up to {}, got {}x{}; the nearest valid value for {} is {}", multiple,
                             max_side, r.width, r.height, side, near);
    }
}

void check_frames(const Request& r, const autoencoder::Geometry& g, int64_t max_frames) {
  if (r.frames > max_frames) throw base::UsageError("--frames can be up to {}, got {}", max_frames, r.frames);
  if (g.valid_length(r.frames)) return;
  int64_t below = r.frames < 1 ? 1 : g.frames(g.latent_frames(r.frames)), above = below + g.time;
  throw base::UsageError("--frames must be {}k+1 for this model, got {}; use {} or {}", g.time, r.frames, below, above);
}

void check_guidance(const char* flag, double guidance) {
  if (!(guidance >= 0 && guidance <= 100)) throw base::UsageError("{} must be from 0 to 100, got {}", flag, guidance);
}

void check_sampler(const std::string& name, bool variance_preserving) {
  diffusion::sampler(name);  // refuses unknown names
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : variance_preserving ? diffusion::variance_preserving_samplers() : diffusion::samplers())
    names.push_back(sampler.name);
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw base::UsageError("--sampler must be one of {} for this model, got '{}'", fmt::join(names, ", "), name);
}

/// Composites frames that were given over generated ones: `frames` [n,H,W,3] in 0..1 are those from `start`.
Tensor composite(Tensor frames, int64_t start, const std::vector<PixelCondition>& conditions) {
  for (const PixelCondition& c : conditions) {
    int64_t first = std::max(start, c.start), last = std::min(start + frames.size(0), c.start + c.frames.size(0));
    if (first < last)
      frames.narrow(0, first - start, last - first).copy_(c.frames.narrow(0, first - c.start, last - first).to(at::kFloat).div(255));
  }
  return frames;
}

diffusion::Guidance guidance_of(const Request& r, const Schedule& s) {
  return {.scale = r.guidance_scale, .channels = s.guided_channels, .scale_2 = r.guidance_scale_2, .boundary = s.boundary_ratio};
}

void write_frames(const Tensor& bytes, FrameSink& sink) {
  if (!bytes.defined()) return;
  for (int64_t i = 0; i < bytes.size(0); ++i) sink.frames(bytes.narrow(0, i, 1).to(at::kFloat).div(255));
}

}  // namespace

Model Model::load(const ModelFiles& files, const Placement& placement) {
  const Family& family = family_of(files);
  if (!files.loras.empty() && !family.takes_loras) throw base::UsageError("models of the family '{}' do not take --lora", family.name);
  for (const auto& [name, loras] : files.loras)
    if (!files.has(name)) throw base::UsageError("'{}' is for a {}, which this model does not have", loras.front().file.string(), name);
  try {
    Components components = family.load(files, placement);
    if (std::string part = files.unused(); !part.empty())
      throw base::UsageError("this model has no {}, so '{}' would not be used; omit it", part, files.parts.at(part).string());
    return Model(family, family.defaults(files), std::move(components), fingerprint_files(files), placement);
  } catch (const base::Json::exception& wrong) {  // a missing key, a value of another type
    throw base::Error("the configuration of the model in '{}' is invalid: {}", files.folder.string(), wrong.what());
  }
}

void Model::check(const Request& r) const {
  text::check_prompt(r.prompt);
  text::check_prompt(r.negative_prompt);
  check_size(r, defaults_.size_multiple);
  check_frames(r, geometry(), defaults_.max_frames);
  if (r.fps.numerator < 1 || r.fps.denominator < 1 || r.fps.value() > 240)
    throw base::UsageError("--fps must be above 0 and at most 240, got {}", r.fps.value());
  if (r.steps < 1 || r.steps > max_steps) throw base::UsageError("--steps must be from 1 to {}, got {}", max_steps, r.steps);
  check_guidance("--guidance", r.guidance_scale);
  if (r.guidance_scale_2) check_guidance("--guidance-2", *r.guidance_scale_2);
  if (r.guidance_scale_2 && !defaults_.two_experts)
    throw base::UsageError("--guidance-2 is for models with two experts, got {}; this one only has --guidance", *r.guidance_scale_2);
  if (!(r.shift > 0 && r.shift <= 100)) throw base::UsageError("--shift must be above 0 and at most 100, got {}", r.shift);
  if (!r.conditions.empty() && !defaults_.conditions_unsupported_reason.empty())
    throw base::UsageError("'{}' cannot be used with this model: {}", r.conditions.front().media.string(),
                           defaults_.conditions_unsupported_reason);
  if (r.conditions.empty() && defaults_.requires_image) throw base::UsageError("this model animates an image: give one with --image");
  if (r.extend != Extend::no && r.conditions.empty()) throw base::UsageError("--extend needs a --video to extend");
  check_sampler(r.sampler, defaults_.variance_preserving);
  if (!r.preset.empty()) defaults_.preset(r.preset);
  if (components_.classes) {
    if (!r.prompt.empty() || !r.negative_prompt.empty())
      throw base::UsageError("this model makes images of a class and does not read prompts: use --class-label instead of '{}'",
                             r.prompt.empty() ? r.negative_prompt : r.prompt);
    components_.classes->number(r.class_label);
  } else if (!r.class_label.empty()) {
    throw base::UsageError("this model reads prompts and has no classes: use --prompt instead of --class-label '{}'", r.class_label);
  }
}

transformer::Conditioning Model::conditioning(const Request& r) const {
  if (components_.classes) {
    std::vector<int64_t> labels{components_.classes->number(r.class_label), components_.classes->count()};
    return {.text = {}, .label = at::tensor(labels, at::kLong)};
  }
  text::TextEmbedding text = components_.text->encode({family_->prepare_text(r.prompt), family_->prepare_text(r.negative_prompt)});
  components_.text->release_memory();  // needed by what follows
  return {text};
}

std::string Model::truncated_text(const Request& r) const {
  return components_.text ? components_.text->text_after_limit(family_->prepare_text(r.prompt)) : "";
}

base::CostEstimate Model::estimate(const Request& r) const {
  constexpr double non_matmul_overhead = 1.15;  // of the time
  autoencoder::Geometry g = geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  Schedule schedule = components_.schedule(r);
  diffusion::Guidance guidance = guidance_of(r, schedule);
  transformer::Grid grid = components_.denoiser->grid(t, h, w);
  base::Cost step = components_.denoiser->cost(grid, branches_at_once(grid, guidance)),
             decoding = components_.autoencoder->decode_cost(t, h, w);
  double branches = 0;  // of guidance, over all steps
  for (size_t i = 0; i + 1 < schedule.sigmas.size(); ++i) branches += guidance.applies(schedule.sigmas[i]) ? 2 : 1;
  branches *= diffusion::sampler(r.sampler).evaluations;
  double flops = branches * components_.denoiser->cost(grid, 1).flops + decoding.flops;
  double speed = base::matmul_flops_per_second(static_cast<int>(at::elementSize(placement_.compute)));
  return {std::max(step.bytes, decoding.bytes), non_matmul_overhead * flops / speed};
}

void Model::generate(const Request& r, FrameSink& sink, base::Observer& observer) const {
  at::NoGradGuard no_grad;
  autoencoder::Geometry g = geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  std::vector<int64_t> shape{1, g.channels, t, h, w};

  base::CostEstimate cost = estimate(r);
  if (double available = base::total_memory(); placement_.device.is_cpu() && cost.bytes > available)
    throw base::Error("{} frames of {}x{} need about {} of memory, and this machine has {}: ask for a smaller --size or fewer --frames",
                      r.frames, r.width, r.height, base::format_si(cost.bytes, "B"), base::format_si(available, "B"));
  EncodedConditions conditions = encode_conditions(r, *components_.autoencoder, shape, components_.denoiser->grid(t, h, w));
  observer.estimated(cost);
  transformer::Conditioning inputs = conditioning(r);
  if (components_.image_conditioning) components_.image_conditioning(r, shape, conditions, inputs);
  at::Generator generator = base::generator(r.seed);
  Schedule s = components_.schedule(r);
  Sampling sampling{diffusion::sampler(r.sampler), s.sigmas, guidance_of(r, s), s.options, generator};
  Tensor latents =
      sample(*components_.denoiser, s.parameterization, inputs, conditions.mask, base::randn(shape, generator), sampling, observer);
  sink.latents(latents[0]);

  write_frames(conditions.before, sink);
  int64_t start = 0;
  components_.autoencoder->decode(latents, observer, [&](const Tensor& frames) {
    sink.frames(composite(autoencoder::to_unit_range(frames), start, conditions.pixel_conditions));
    start += frames.size(2);
  });
  write_frames(conditions.after, sink);
}

}  // namespace zoetrope::generation
