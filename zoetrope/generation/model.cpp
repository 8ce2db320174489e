#include "zoetrope/generation/model.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/ranges.h>

#include "zoetrope/base/effort.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/base/short_number.h"
#include "zoetrope/generation/conditions.h"
#include "zoetrope/generation/sample.h"
#include "zoetrope/text/prompt.h"

namespace zoetrope::generation {
namespace {

namespace fs = std::filesystem;

constexpr size_t hashed_beginning = size_t{1} << 20;  // bytes of a weight file: a model of many gigabytes is told apart at once
constexpr int64_t largest_side = 8192, most_steps = 1000;

std::string read_beginning(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(hashed_beginning, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

/// What tells a model's configurations and weights apart, a line each: those of a folder by their names in it.
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
    for (const tensor::LoraChoice& lora : loras)
      all += fmt::format("{} + {} * {}\n", name, lora.scale, base::sha256(read_beginning(lora.file)));
  return base::sha256(all);
}

void check_size(const Request& r, int64_t multiple) {
  for (int64_t side : {r.width, r.height})
    if (side < multiple || side > largest_side || side % multiple != 0) {
      int64_t near = std::clamp((side + multiple / 2) / multiple * multiple, multiple, largest_side);
      throw base::UsageError("--size must be made of multiples of {} up to {}, got {}x{}; {} would do for {}", multiple, largest_side,
                             r.width, r.height, near, side);
    }
}

void check_frames(const Request& r, const autoencoder::Geometry& g, int64_t longest_clip) {
  if (r.frames > longest_clip) throw base::UsageError("--frames can be up to {}, got {}", longest_clip, r.frames);
  if (g.valid_length(r.frames)) return;
  int64_t below = r.frames < 1 ? 1 : g.frames(g.latent_frames(r.frames)), above = below + g.time;
  throw base::UsageError("--frames must be {}k+1 for this model, got {}; use {} or {}", g.time, r.frames, below, above);
}

void check_guidance(const char* flag, double guidance) {
  if (!(guidance >= 0 && guidance <= 100)) throw base::UsageError("{} must be from 0 to 100, got {}", flag, guidance);
}

void check_sampler(const std::string& name, bool variance_preserving) {
  diffusion::sampler(name);  // refuses names that nobody knows
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : variance_preserving ? diffusion::variance_preserving_samplers() : diffusion::samplers())
    names.push_back(sampler.name);
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw base::UsageError("--sampler must be one of {} for this model, got '{}'", fmt::join(names, ", "), name);
}

/// Puts frames that were given over those that were generated: `frames` [n,H,W,3] in 0..1 are those from `start` on.
Tensor composite(Tensor frames, int64_t start, const std::vector<GivenFrames>& given) {
  for (const GivenFrames& g : given) {
    int64_t first = std::max(start, g.start), last = std::min(start + frames.size(0), g.start + g.frames.size(0));
    if (first < last)
      frames.narrow(0, first - start, last - first).copy_(g.frames.narrow(0, first - g.start, last - first).to(at::kFloat).div(255));
  }
  return frames;
}

diffusion::Guidance guidance_of(const Request& r, const Schedule& s) {
  return {.scale = r.guidance, .channels = s.guided_channels, .low_scale = r.guidance_2, .low = s.second_expert_below};
}

void pass_on(const Tensor& bytes, FrameSink& sink) {
  if (!bytes.defined()) return;
  for (int64_t i = 0; i < bytes.size(0); ++i) sink.frames(bytes.narrow(0, i, 1).to(at::kFloat).div(255));
}

}  // namespace

Model Model::load(const ModelFiles& files, const Placement& placement) {
  const Family& family = family_of(files);
  if (!files.loras.empty() && !family.takes_loras) throw base::UsageError("models of the family '{}' take no --lora", family.name);
  for (const auto& [name, loras] : files.loras)
    if (!files.has(name)) throw base::UsageError("'{}' is for a {}, which this model has not", loras.front().file.string(), name);
  try {
    Components components = family.load(files, placement);
    if (std::string part = files.unused(); !part.empty())
      throw base::UsageError("this model has no {}, so '{}' would not be used; leave it out", part, files.parts.at(part).string());
    return Model(family, family.defaults(files), std::move(components), fingerprint_files(files), placement);
  } catch (const base::Json::exception& wrong) {  // a key that is missing, a value of another kind
    throw base::Error("the configuration of the model in '{}' is broken: {}", files.folder.string(), wrong.what());
  }
}

void Model::check(const Request& r) const {
  text::check_prompt(r.prompt);
  text::check_prompt(r.negative_prompt);
  check_size(r, defaults_.side_multiple);
  check_frames(r, geometry(), defaults_.longest_clip);
  if (r.fps.numerator < 1 || r.fps.denominator < 1 || r.fps.value() > 240)
    throw base::UsageError("--fps must be above 0 and at most 240, got {}", r.fps.value());
  if (r.steps < 1 || r.steps > most_steps) throw base::UsageError("--steps must be from 1 to {}, got {}", most_steps, r.steps);
  check_guidance("--guidance", r.guidance);
  if (r.guidance_2) check_guidance("--guidance-2", *r.guidance_2);
  if (r.guidance_2 && !defaults_.two_experts)
    throw base::UsageError("--guidance-2 is for models with two experts, got {}; this one has --guidance alone", *r.guidance_2);
  if (!(r.shift > 0 && r.shift <= 100)) throw base::UsageError("--shift must be above 0 and at most 100, got {}", r.shift);
  if (!r.conditions.empty() && !defaults_.refuses_conditions.empty())
    throw base::UsageError("'{}' cannot be used with this model: {}", r.conditions.front().media.string(), defaults_.refuses_conditions);
  if (r.conditions.empty() && defaults_.needs_picture) throw base::UsageError("this model animates a picture: give one with --image");
  if (r.extend != Extend::no && r.conditions.empty()) throw base::UsageError("--extend needs the --video that it extends");
  check_sampler(r.sampler, defaults_.variance_preserving);
  if (!r.preset.empty()) defaults_.preset(r.preset);
  if (components_.classes) {
    if (!r.prompt.empty() || !r.negative_prompt.empty())
      throw base::UsageError("this model makes pictures of a class and reads no prompt: use --class-label instead of '{}'",
                             r.prompt.empty() ? r.negative_prompt : r.prompt);
    components_.classes->number(r.class_label);
  } else if (!r.class_label.empty()) {
    throw base::UsageError("this model reads a prompt and knows no classes: use --prompt instead of --class-label '{}'", r.class_label);
  }
}

transformer::Conditioning Model::conditioning(const Request& r) const {
  if (components_.classes) {
    std::vector<int64_t> labels{components_.classes->number(r.class_label), components_.classes->count()};
    return {.text = {}, .label = at::tensor(labels, at::kLong)};
  }
  text::TextEmbedding text = components_.text->encode({family_->prepare_text(r.prompt), family_->prepare_text(r.negative_prompt)});
  components_.text->rest();  // what follows needs its memory
  return {text};
}

std::string Model::unread(const Request& r) const {
  return components_.text ? components_.text->unread(family_->prepare_text(r.prompt)) : "";
}

base::Expectation Model::expect(const Request& r) const {
  constexpr double beside_products = 1.15;  // of the time: what is not a product of matrices
  autoencoder::Geometry g = geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  Schedule schedule = components_.schedule(r);
  diffusion::Guidance guidance = guidance_of(r, schedule);
  transformer::Grid grid = components_.denoiser->grid(t, h, w);
  base::Effort step = components_.denoiser->effort(grid, clips_at_once(grid, guidance)),
               decoding = components_.autoencoder->decode_effort(t, h, w);
  double branches = 0;  // of guidance, over all steps
  for (size_t i = 0; i + 1 < schedule.levels.size(); ++i) branches += guidance.applies(schedule.levels[i]) ? 2 : 1;
  branches *= diffusion::sampler(r.sampler).evaluations;
  double operations = branches * components_.denoiser->effort(grid, 1).operations + decoding.operations;
  double speed = base::operations_a_second(static_cast<int>(at::elementSize(placement_.compute)));
  return {std::max(step.bytes, decoding.bytes), beside_products * operations / speed};
}

void Model::generate(const Request& r, FrameSink& sink, base::Observer& observer) const {
  at::NoGradGuard no_grad;
  autoencoder::Geometry g = geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  std::vector<int64_t> shape{1, g.channels, t, h, w};

  base::Expectation expected = expect(r);
  if (double there = base::whole_memory(); placement_.device.is_cpu() && expected.bytes > there)
    throw base::Error("{} frames of {}x{} need about {} of memory, and this machine has {}: ask for a smaller --size or fewer --frames",
                      r.frames, r.width, r.height, base::short_number(expected.bytes, "B"), base::short_number(there, "B"));
  PlacedConditions conditions = place_conditions(r, *components_.autoencoder, shape, components_.denoiser->grid(t, h, w));
  observer.expects(expected);
  transformer::Conditioning told = conditioning(r);
  if (components_.encode_conditions) components_.encode_conditions(r, shape, conditions, told);
  at::Generator generator = base::generator(r.seed);
  Schedule s = components_.schedule(r);
  Sampling sampling{diffusion::sampler(r.sampler), s.levels, guidance_of(r, s), s.how, generator};
  Tensor latents =
      sample(*components_.denoiser, s.parameterization, told, conditions.known, base::noise(shape, generator), sampling, observer);
  sink.latents(latents[0]);

  pass_on(conditions.before, sink);
  int64_t start = 0;
  components_.autoencoder->decode(latents, observer, [&](const Tensor& frames) {
    sink.frames(composite(autoencoder::to_unit(frames), start, conditions.given));
    start += frames.size(2);
  });
  pass_on(conditions.after, sink);
}

}  // namespace zoetrope::generation
