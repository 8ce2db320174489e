#include "zoetrope/generation/generate.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/generation/sample.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/text/prompt.h"

namespace zoetrope::generation {
namespace {

constexpr int64_t max_side = 8192, max_steps = 1000;

void check_size(const Request& r, int64_t multiple) {
  for (int64_t side : {r.width, r.height})
    if (side < multiple || side > max_side || side % multiple != 0) {
      int64_t near = std::clamp((side + multiple / 2) / multiple * multiple, multiple, max_side);
      throw base::InvalidRequest("size", "must be made of multiples of {} up to {}, got {}x{}; the nearest valid value for {} is {}",
                                 multiple, max_side, r.width, r.height, side, near);
    }
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

diffusion::Guidance guidance_of(const Request& r, const model::Schedule& s) {
  return {.scale = r.guidance_scale,
          .interval = r.guidance_interval,
          .rescale = r.guidance_rescale,
          .channels = s.guided_channels,
          .scale_2 = r.guidance_scale_2,
          .boundary = s.boundary_ratio};
}

void write_frames(const Tensor& bytes, FrameSink& sink) {
  if (!bytes.defined()) return;
  for (int64_t i = 0; i < bytes.size(0); ++i) sink.frames(bytes.narrow(0, i, 1).to(at::kFloat).div(255));
}

/// The two branches of guidance as the rows of one conditioning: prompt or class, and what guidance leads away from.
transformer::Conditioning conditioning(const std::string& prompt, const Request& r, const model::Model& model) {
  const model::Components& components = model.components();
  if (components.classes) {
    std::vector<int64_t> labels{components.classes->number(r.class_label), components.classes->count()};
    return {.text = {}, .label = at::tensor(labels, at::kLong).to(model.placement().device)};
  }
  text::TextEmbedding text = components.text->encode({model.prepare_text(prompt), model.prepare_text(r.negative_prompt)});
  components.text->release_memory();  // needed by what follows
  return {text};
}

/// The given images, for models that take them as extra conditioning.
std::vector<model::GivenImage> given_images(const Request& r, const Timeline& timeline) {
  std::vector<model::GivenImage> images;
  for (const Condition& c : r.conditions) {
    if (media::probe(c.media).frames > 1)
      throw base::InvalidRequest("image", "is needed: this model animates images, and '{}' is a video", c.media.string());
    images.push_back({c.frame_index, timeline.frames[c.frame_index], media::read_image(c.media)});
  }
  return images;
}

void check_windows(const Request& r, const model::Model& model) {
  for (size_t i = 0; i < r.prompts.size(); ++i) {
    text::check_prompt(r.prompts[i].prompt);
    if (!(r.prompts[i].seconds > (i == 0 ? 0 : r.prompts[i - 1].seconds)))
      throw base::InvalidRequest("prompts", "must follow each other in time, got {} s", r.prompts[i].seconds);
  }
  if (window_count(r, model) == 1 && !r.prompts.empty())
    throw base::InvalidRequest("prompts", "change from window to window, and this clip is made in one: ask for {} frames or more",
                               2 * model.defaults().settings.frames - 1 + model.geometry().time);
  if (window_count(r, model) == 1) return;
  const int64_t most = 2 * model.defaults().settings.frames - 1;
  if (model.defaults().requires_image)
    throw base::InvalidRequest("frames", "can be up to {} for this model, got {}: it animates an image and continues nothing", most,
                               r.frames);
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

namespace {

/// How many latent frames of a request are sampled at once: all, unless it is much longer than the model's clips.
int64_t latent_frames_at_once(const Request& r, const model::Model& model) {
  constexpr int64_t stretch = 2;  // a clip of less than so many times the model's length is made in one piece
  const int64_t usual = model.geometry().latent_frames(model.defaults().settings.frames), all = model.geometry().latent_frames(r.frames);
  return all < stretch * usual ? all : usual;
}

}  // namespace

int64_t window_count(const Request& r, const model::Model& model) {
  return std::ssize(windows_of(model.geometry().latent_frames(r.frames), latent_frames_at_once(r, model)));
}

base::CostEstimate estimate(const Request& r, const model::Model& model) {
  constexpr double non_matmul_overhead = 1.15;  // of the time
  const model::Components& components = model.components();
  autoencoder::Geometry g = model.geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  model::Schedule schedule = components.schedule(r);
  diffusion::Guidance guidance = guidance_of(r, schedule);
  transformer::Grid grid = components.denoiser->grid(latent_frames_at_once(r, model), h, w);
  base::Cost step = components.denoiser->cost(grid, branches_at_once(grid, guidance)),
             decoding = components.autoencoder->decode_cost(t, h, w);
  double branches = 0;  // of guidance, over all steps
  for (size_t i = 0; i + 1 < schedule.sigmas.size(); ++i) branches += guidance.applies(schedule.sigmas[i]) ? 2 : 1;
  branches *= diffusion::sampler(r.sampler).evaluations;
  double flops = static_cast<double>(window_count(r, model)) * branches * components.denoiser->cost(grid, 1).flops + decoding.flops;
  double speed = base::matmul_flops_per_second(model.placement().device, model.placement().dtype);
  return {std::max(step.bytes, decoding.bytes), (r.loop ? 2 : 1) * non_matmul_overhead * flops / speed};
}

namespace {

/// A request at work: samples clips of its size.
class Work {
 public:
  Work(const Request& r, const model::Model& model, base::Observer& observer) : r_(r), model_(model), observer_(observer) {
    resize(model.geometry().latent_frames(r.frames));
  }

  /// From now on the clips have t latent frames.
  void resize(int64_t t) {
    const autoencoder::Geometry g = model_.geometry();
    const int64_t h = r_.height / g.space, w = r_.width / g.space;
    shape_ = {1, g.channels, t, h, w};
    grid_ = model_.components().denoiser->grid(t, h, w);
  }

  /// The mask of a timeline over the tokens; all free in models that take images in another way.
  DenoiseMask encode(const Timeline& timeline) const {
    const model::Components& components = model_.components();
    return components.image_conditioning ? DenoiseMask::none(shape_, grid_)
                                         : encode_timeline(timeline, *components.autoencoder, shape_, grid_);
  }
  /// Encodes prompts or classes, and images in models that take them so.
  void prepare(const Timeline& timeline) {
    tell(r_.prompt);
    const auto& image_conditioning = model_.components().image_conditioning;
    if (image_conditioning) image_conditioning(given_images(r_, timeline), r_.frames, shape_, inputs_);
  }
  /// From now on this is the prompt.
  void tell(const std::string& prompt) { inputs_ = conditioning(prompt, r_, model_); }
  /// Latents [1,C,t,h,w] on the device of the model.
  Tensor sample(const DenoiseMask& mask, uint64_t seed, RunKeeper& keeper, const SampleState* from,
                const std::vector<int64_t>& positions = {}) const {
    const model::Components& components = model_.components();
    const at::Device device = model_.placement().device;
    model::Schedule s = components.schedule(r_);
    const int64_t steps = std::ssize(s.sigmas) - 1;
    at::Generator generator = base::generator(seed);
    Sampling sampling{diffusion::sampler(r_.sampler), s.sigmas, guidance_of(r_, s), s.options, generator,
                      model_.defaults().one_timestep, positions};
    return generation::sample(
        *components.denoiser, s.parameterization, {{"conditional", inputs_.row(0)}, {"unconditional", inputs_.row(1)}}, mask.to(device),
        base::randn(shape_, generator).to(device), sampling, observer_,
        [&](const SampleState& state) { keeper.after_step(state, state.steps_done >= steps); }, from);
  }
  /// Calls `next` with the decoded frames [n,H,W,3] in 0..1 on the CPU, given pixels composited over them, and the index of the first one.
  void decode(const Tensor& latents, const Timeline& timeline, const std::function<void(const Tensor&, int64_t)>& next) const {
    int64_t start = 0;
    model_.components().autoencoder->decode(latents, observer_, [&](const Tensor& frames) {
      next(timeline.composite(autoencoder::to_unit_range(frames).cpu(), start), start);
      start += frames.size(2);
    });
  }

 private:
  const Request& r_;
  const model::Model& model_;
  base::Observer& observer_;
  std::vector<int64_t> shape_;
  transformer::Grid grid_ = {};
  transformer::Conditioning inputs_;
};

/// Makes the way from the end of a clip [F,H,W,3] uint8 back to its beginning, and writes the frames that are new.
void close_loop(const Tensor& clip, const Timeline& timeline, const Request& r, const model::Model& model, const Work& work,
                RunKeeper& keeper, const SampleState* from, FrameSink& sink) {
  constexpr uint64_t way = 1;  // another noise than the clip's
  WayBack back = way_back(clip, timeline, model.geometry().time);
  Tensor latents = work.sample(work.encode(back.timeline), base::derive_seed({r.seed, way}), keeper, from);
  work.decode(latents, back.timeline, [&](const Tensor& frames, int64_t start) {
    const int64_t begin = std::max(back.begin, start), end = std::min(back.end, start + frames.size(0));
    if (begin < end) sink.frames(frames.narrow(0, begin - start, end - begin));
  });
}

}  // namespace

namespace {

/// Says which window the work is at.
class WindowObserver : public base::Observer {
 public:
  WindowObserver(base::Observer& outer, size_t windows) : outer_(outer), windows_(windows) {}
  void begin(size_t window) { window_ = window; }
  void progress(const std::string& stage, int64_t step, int64_t total) override {
    outer_.progress(fmt::format("{}, window {} of {}", stage, window_ + 1, windows_), step, total);
  }
  bool cancelled() const override { return outer_.cancelled(); }

 private:
  base::Observer& outer_;
  size_t windows_, window_ = 0;
};

/// The prompt of each window: the last one that has begun when half of its new frames are past. One that no window has is refused.
std::vector<std::string> prompts_of(const std::vector<Window>& windows, const Request& r, const autoencoder::Geometry& g) {
  std::vector<std::string> prompts;
  std::vector<bool> used(r.prompts.size());
  for (const Window& w : windows) {
    const double middle = (static_cast<double>(g.frames(w.begin)) + static_cast<double>(w.count * g.time) / 2) / r.fps.value();
    prompts.push_back(r.prompt);
    for (size_t i = 0; i < r.prompts.size(); ++i)
      if (r.prompts[i].seconds <= middle) prompts.back() = r.prompts[i].prompt, used[i] = true;
  }
  for (size_t i = 0; i < used.size(); ++i)
    if (!used[i])
      throw base::InvalidRequest("prompts", "must begin within the clip of {:.1f} s, which is made in {} windows; '{}' begins at {} s",
                                 static_cast<double>(r.frames) / r.fps.value(), windows.size(), r.prompts[i].prompt, r.prompts[i].seconds);
  return prompts;
}

/// What is given of the frames that are new in a window: conditions that do not reach into them are left out.
Timeline timeline_of(const Window& window, const Request& r, const autoencoder::Geometry& g) {
  Request part = r;
  part.frames = g.frames(window.latent_frames());
  const int64_t first = window.begin == 0 ? 0 : g.frames(window.begin), last = g.frames(window.begin + window.count);
  const int64_t shift = window.begin == 0 ? 0 : first - g.frames(window.known());
  part.conditions.clear();
  for (Condition c : r.conditions) {
    const int64_t length = std::max(c.hold, frames_at(media::probe(c.media), r.fps));
    if (c.frame_index >= last || c.frame_index + length <= first) continue;
    c.frame_index -= shift;
    part.conditions.push_back(c);
  }
  return build_timeline(part, g);
}

/// A clip that is longer than the model makes at once: window after window, each of which continues the one before in latent space. It is
/// decoded and handed on as it is made, by one stream of the autoencoder.
void generate_windows(const Request& r, const model::Model& model, FrameSink& sink, base::Observer& observer, RunKeeper& keeper,
                      const SavedRun* resume) {
  const autoencoder::Geometry g = model.geometry();
  const int64_t at_once = latent_frames_at_once(r, model);
  const std::vector<Window> windows = windows_of(g.latent_frames(r.frames), at_once);
  const std::vector<std::string> prompts = prompts_of(windows, r, g);
  WindowObserver told(observer, windows.size());
  Work work(r, model, told);
  nn::FeatureCache cache;
  Tensor first, last;  // the first latent frame of the clip, and the last ones, which may be context; on the CPU
  auto decode = [&](const Tensor& latents, const Timeline& timeline, int64_t start) {  // `start`: in the timeline
    for (int64_t i = 0; i < latents.size(2); ++i) {
      observer.throw_if_cancelled();
      Tensor frames = model.components().autoencoder->decode_chunk(latents.narrow(2, i, 1).to(model.placement().device), cache);
      Tensor unit = autoencoder::to_unit_range(frames).cpu();
      sink.frames(timeline.composite(unit, start));
      start += unit.size(0);
    }
  };
  for (size_t k = 0; k < windows.size(); ++k) {
    const Window& window = windows[k];
    const Timeline timeline = timeline_of(window, r, g);
    const int64_t known = window.known(), start = known == 0 ? 0 : g.frames(known);
    if (k == 0) {
      work.prepare(timeline);
      write_frames(timeline.before, sink);
    }
    told.begin(k);
    if (k > 0 && prompts[k] != prompts[k - 1]) work.tell(prompts[k]);
    work.resize(window.latent_frames());
    Tensor fresh;
    if (resume != nullptr && static_cast<int64_t>(k) < resume->pass) {
      fresh = resume->clip.narrow(2, window.begin, window.count);
    } else {
      DenoiseMask mask = work.encode(timeline);
      if (known > 0) {
        if (window.anchored) mask.latents.narrow(2, 0, 1).copy_(first);
        mask.latents.narrow(2, known - window.context, window.context).copy_(last.narrow(2, last.size(2) - window.context, window.context));
        mask.values.narrow(0, 0, known).zero_();
      }
      const bool is_resumed = resume != nullptr && static_cast<int64_t>(k) == resume->pass;
      const uint64_t seed = k == 0 ? r.seed : base::derive_seed({r.seed, 2, k});
      fresh = work.sample(mask, seed, keeper, is_resumed ? &resume->state : nullptr, window.positions())
                  .narrow(2, known, window.count)
                  .cpu()
                  .clone();  // not the whole window
    }
    keeper.end_pass(fresh);
    if (k == 0) first = fresh.narrow(2, 0, 1).clone();
    last = last.defined() ? at::cat({last, fresh}, 2) : fresh;
    last = last.narrow(2, std::max<int64_t>(0, last.size(2) - at_once), std::min(last.size(2), at_once)).clone();
    decode(fresh, timeline, start);
    if (k + 1 == windows.size()) write_frames(timeline.after, sink);
    observer.progress("windows", static_cast<int64_t>(k) + 1, std::ssize(windows));
  }
  sink.latents(keeper.made()[0]);
}

}  // namespace

void generate(const Request& r, const model::Model& model, FrameSink& sink, base::Observer& observer, const Saving& saving,
              const SavedRun* resume) {
  at::NoGradGuard no_grad;
  base::CostEstimate cost = estimate(r, model);
  if (double available = base::total_memory(); model.placement().device.is_cpu() && cost.bytes > available)
    throw base::Error("{} frames of {}x{} need about {} of memory, and this machine has {}: ask for a smaller size or fewer frames",
                      r.frames, r.width, r.height, base::format_si(cost.bytes, "B"), base::format_si(available, "B"));
  RunKeeper keeper(saving, to_json(r, model.fingerprint()).dump());
  if (window_count(r, model) > 1) {
    observer.estimated(cost);
    return generate_windows(r, model, sink, observer, keeper, resume);
  }
  Work work(r, model, observer);
  const Timeline timeline = build_timeline(r, model.geometry());
  const DenoiseMask mask = work.encode(timeline);
  observer.estimated(cost);
  work.prepare(timeline);
  const bool is_on_the_way_back = resume != nullptr && resume->pass == 1;
  const SampleState* from = resume == nullptr ? nullptr : &resume->state;
  Tensor latents = is_on_the_way_back ? resume->clip.to(model.placement().device) : work.sample(mask, r.seed, keeper, from);
  sink.latents(latents[0].cpu());

  write_frames(timeline.before, sink);
  std::vector<Tensor> clip;  // of a loop
  work.decode(latents, timeline, [&](const Tensor& frames, int64_t) {
    sink.frames(frames);
    if (r.loop) clip.push_back(autoencoder::to_bytes(frames));
  });
  if (r.loop) {
    keeper.end_pass(latents);
    close_loop(at::cat(clip), timeline, r, model, work, keeper, is_on_the_way_back ? from : nullptr, sink);
  }
  write_frames(timeline.after, sink);
}

}  // namespace zoetrope::generation
