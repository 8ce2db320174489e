#include "zoetrope/generation/check.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/text/prompt.h"

namespace zoetrope::generation {
namespace {

constexpr int64_t max_side = 8192, max_steps = 1000;

void check_size(const Request& r, int64_t multiple) {
  auto near = [&](int64_t side) { return std::clamp((side + multiple / 2) / multiple * multiple, multiple, max_side); };
  if (near(r.width) != r.width || near(r.height) != r.height)
    throw base::InvalidRequest("size", "must be made of multiples of {} up to {}, got {}x{}; {}x{} would do", multiple, max_side, r.width,
                               r.height, near(r.width), near(r.height));
}

void check_frames(const Request& r, const autoencoder::Geometry& g, int64_t max_frames) {
  if (r.frames > max_frames) throw base::InvalidRequest("frames", "can be up to {}, got {}", max_frames, r.frames);
  if (g.valid_length(r.frames)) return;
  int64_t below = r.frames < 1 ? 1 : g.frames(g.latent_frames(r.frames)), above = below + g.time;
  throw base::InvalidRequest("frames", "must be {}k+1 for this model, got {}; use {} or {}", g.time, r.frames, below, above);
}

void check_guidance(const char* field, double guidance) {
  if (!(guidance >= 0 && guidance <= 100)) throw base::InvalidRequest(field, "must be from 0 to 100, got {}", guidance);
}

void check_sampler(const std::string& name, bool variance_preserving) {
  diffusion::sampler(name);  // refuses unknown names
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : variance_preserving ? diffusion::variance_preserving_samplers() : diffusion::samplers())
    names.push_back(sampler.name);
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw base::InvalidRequest("sampler", "must be one of {} for this model, got '{}'", fmt::join(names, ", "), name);
}

void check_timesteps(const Request& r, const model::Model& model) {
  if (r.timesteps.empty()) return;
  if (model.defaults().variance_preserving)
    throw base::InvalidRequest("timesteps", "cannot be chosen for this model, whose sampler has its own; give the number of steps");
  if (std::ssize(r.timesteps) != r.steps)
    throw base::InvalidRequest("steps", "must be {}, the number of timesteps ({}), or omitted; got {}", r.timesteps.size(),
                               fmt::join(r.timesteps, ", "), r.steps);
  const double first = model.components().schedule(r).parameterization.timesteps;  // pure noise
  for (size_t i = 0; i < r.timesteps.size(); ++i)
    if (!(r.timesteps[i] > 0 && r.timesteps[i] <= first && (i == 0 || r.timesteps[i] < r.timesteps[i - 1])))
      throw base::InvalidRequest("timesteps", "must fall from at most {}, which is pure noise for this model, and stay above 0; got {}",
                                 first, fmt::join(r.timesteps, ", "));
}

void check_windows(const Request& r, const model::Model& model) {
  for (size_t i = 0; i < r.prompts.size(); ++i) {
    text::check_prompt(r.prompts[i].prompt);
    if (!(r.prompts[i].seconds > (i == 0 ? 0 : r.prompts[i - 1].seconds)))
      throw base::InvalidRequest("prompts", "must follow each other in time, got {} s", r.prompts[i].seconds);
  }
  const int64_t most = longest_at_once(model);
  if (r.frames <= most) {
    if (!r.prompts.empty())
      throw base::InvalidRequest("prompts", "change from window to window, and this clip is made in one: ask for {} frames or more",
                                 most + model.geometry().time);
    return;
  }
  if (r.loop) throw base::InvalidRequest("loop", "can be made of clips of up to {} frames, got {}", most, r.frames);
}

void check_loop(const Request& r, const model::Model& model) {
  constexpr int64_t fewest_latent_frames = 3;
  if (!r.loop) return;
  if (model.defaults().requires_image) throw base::InvalidRequest("loop", "cannot be made: this model animates an image and joins nothing");
  if (const int64_t fewest = model.geometry().frames(fewest_latent_frames); r.frames < fewest)
    throw base::InvalidRequest("frames", "must be at least {} for a loop, got {}", fewest, r.frames);
  for (const Condition& c : r.conditions)
    if (c.frame_index < 0 || media::probe(c.media).frames > 1)
      throw base::InvalidRequest("loop", "cannot be made with a video: '{}' neither begins nor ends in it", c.media.string());
}

void check_conditions(const Request& r, const model::Defaults& defaults) {
  if (!r.conditions.empty() && !defaults.conditions_unsupported_reason.empty())
    throw base::UsageError("'{}' cannot be used with this model: {}", r.conditions.front().media.string(),
                           defaults.conditions_unsupported_reason);
  if (r.conditions.empty() && defaults.requires_image) throw base::InvalidRequest("image", "is needed: this model animates an image");
  for (const Condition& c : r.conditions) {
    if (!c.placed.empty()) throw base::InvalidRequest("conditions", "must have frame numbers, got '{}'", c.placed);
    if (c.place && (c.place->left + c.place->width > r.width || c.place->top + c.place->height > r.height))
      throw base::InvalidRequest("conditions", "must lie within the frame of {}x{}; '{}' reaches {}x{}", r.width, r.height,
                                 c.media.string(), c.place->left + c.place->width, c.place->top + c.place->height);
    if (defaults.requires_image && (c.denoise > 0 || c.frame_index < 0 || c.frame_index >= r.frames))
      throw base::InvalidRequest("image", "is needed: this model animates images, and neither changes nor continues what is given");
  }
}

}  // namespace

Request default_request(const model::Model& model) {
  Request request;
  request.use(model.defaults().settings);
  return request;
}

void check(const Request& r, const model::Model& model) {
  const model::Defaults& defaults = model.defaults();
  text::check_prompt(r.prompt);
  text::check_prompt(r.negative_prompt);
  check_size(r, defaults.size_multiple);
  check_frames(r, model.geometry(), defaults.max_frames);
  if (r.fps.numerator < 1 || r.fps.denominator < 1 || r.fps.value() > 240)
    throw base::InvalidRequest("fps", "must be above 0 and at most 240, got {}", r.fps.value());
  if (r.steps < 1 || r.steps > max_steps) throw base::InvalidRequest("steps", "must be from 1 to {}, got {}", max_steps, r.steps);
  check_timesteps(r, model);
  check_guidance("guidance_scale", r.guidance_scale);
  if (r.guidance_scale_2) check_guidance("guidance_scale_2", *r.guidance_scale_2);
  if (r.guidance_scale_2 && !defaults.two_experts)
    throw base::InvalidRequest("guidance_scale_2", "is for models with two experts; this one has one, got {}", *r.guidance_scale_2);
  if (const auto& [low, high] = r.guidance_interval; !(low >= 0 && low <= high && high <= 1))
    throw base::InvalidRequest("guidance_interval", "must be two sigmas from 0 to 1, the lower first, got {}:{}", low, high);
  if (!(r.guidance_rescale >= 0 && r.guidance_rescale <= 1))
    throw base::InvalidRequest("guidance_rescale", "must be from 0 to 1, got {}", r.guidance_rescale);
  if (!(r.shift > 0 && r.shift <= 100)) throw base::InvalidRequest("shift", "must be above 0 and at most 100, got {}", r.shift);
  check_conditions(r, defaults);
  check_loop(r, model);
  check_windows(r, model);
  check_sampler(r.sampler, defaults.variance_preserving);
  if (!r.preset.empty()) defaults.preset(r.preset);
  if (model.components().classes) {
    if (!r.prompt.empty() || !r.negative_prompt.empty())
      throw base::InvalidRequest(r.prompt.empty() ? "negative_prompt" : "prompt",
                                 "cannot be used: this model makes images of a class and does not read prompts, got '{}'",
                                 r.prompt.empty() ? r.negative_prompt : r.prompt);
    model.components().classes->number(r.class_label);
  } else if (!r.class_label.empty()) {
    throw base::InvalidRequest("class_label", "cannot be used: this model reads prompts and has no classes, got '{}'", r.class_label);
  }
}

std::string truncated_text(const std::string& prompt, const model::Model& model) {
  const auto& text = model.components().text;
  return text ? text->text_after_limit(model.prepare_text(prompt)) : "";
}

std::optional<text::PromptLength> prompt_length(const std::string& prompt, const model::Model& model) {
  const auto& text = model.components().text;
  return text ? text->length(model.prepare_text(prompt)) : std::nullopt;
}

}  // namespace zoetrope::generation
