#include "zoetrope/generation/generate.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/generation/kept_latents.h"
#include "zoetrope/generation/session.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::generation {
namespace {

/// Copies given frames of the result from their file.
void write_passage(const Passage& passage, const Request& r, FrameSink& sink, base::Observer& observer) {
  read_passage(passage, r, [&](const Tensor& frame) {
    observer.throw_if_cancelled();
    sink.frames(frame.unsqueeze(0).to(at::kFloat).div(255), at::zeros({1, frame.size(0), frame.size(1)}));
  });
}

/// What reading given frames takes, beside what is computed from them: the timeline, and the largest file while it is read.
double bytes_of_conditions(const Request& r) {
  constexpr double a_pixel = 3 + 4;  // its colour and its mask
  double reading = 0;
  for (const Condition& c : r.conditions) reading = std::max(reading, media::bytes_to_read(media::probe(c.media)));
  return r.conditions.empty() ? 0 : reading + a_pixel * static_cast<double>(r.frames * r.height * r.width);
}

}  // namespace

base::CostEstimate estimate(const Request& r, const model::Model& model) {
  constexpr double non_matmul_overhead = 1.15;  // of the time
  const model::Components& components = model.components();
  autoencoder::Geometry g = model.geometry();
  int64_t t = g.latent_frames(r.frames), h = r.height / g.space, w = r.width / g.space;
  model::Schedule schedule = model.schedule(r);
  diffusion::Guidance guidance = guidance_of(r, model, schedule);
  const transformer::Denoiser& denoiser = model.denoiser(r);
  transformer::Grid grid = denoiser.grid(latent_frames_at_once(r, model), h, w);
  base::Cost step = denoiser.cost(grid, branches_at_once(grid, guidance)), decoding = components.autoencoder->decode_cost(t, h, w);
  double branches = 0;  // of guidance, over all steps
  for (size_t i = 0; i + 1 < schedule.sigmas.size(); ++i) branches += guidance.applies(schedule.sigmas[i]) ? 2 : 1;
  branches *= diffusion::sampler(r.sampler).evaluations;
  double flops = static_cast<double>(windows_of(r, model).size()) * branches * denoiser.cost(grid, 1).flops + decoding.flops;
  double speed = base::matmul_flops_per_second(model.placement().device, model.placement().dtype);
  return {std::max(step.bytes, decoding.bytes) + bytes_of_conditions(r), (r.loop ? 2 : 1) * non_matmul_overhead * flops / speed};
}

namespace {

/// Makes the way from the end of a clip [F,H,W,3] uint8 back to its beginning, and writes the frames that are new.
void close_loop(const Tensor& clip, const Timeline& timeline, const Request& r, const model::Model& model, Session& session,
                RunKeeper& keeper, const SampleState* from, FrameSink& sink) {
  constexpr uint64_t way = 1;  // another noise than the clip's
  WayBack back = way_back(clip, timeline, model.geometry().time);
  Tensor latents = session.sample(session.encode(back.timeline), base::derive_seed({r.seed, way}), keeper, from);
  session.decode(latents, back.timeline, [&](const Tensor& frames, int64_t start) {
    const int64_t begin = std::max(back.begin, start), end = std::min(back.end, start + frames.size(0));
    if (begin < end) sink.frames(frames.narrow(0, begin - start, end - begin), back.timeline.generated(begin, end - begin));
  });
}

/// Says which window the work is at.
class WindowObserver : public base::ForwardingObserver {
 public:
  WindowObserver(base::Observer& outer, size_t windows) : ForwardingObserver(outer), windows_(windows) {}
  void begin(size_t window) {
    window_ = window;
    part(static_cast<int64_t>(window), static_cast<int64_t>(windows_));
  }
  void progress(const std::string& stage, int64_t step, int64_t total) override {
    outer_.progress(fmt::format("{}, window {} of {}", stage, window_ + 1, windows_), step, total);
  }

 private:
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

/// The request of the frames of a window, in which conditions that do not reach into its new frames are left out.
Request part_of(const Window& window, const Request& r, const autoencoder::Geometry& g) {
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
  return part;
}

/// The seed of the noise of each window.
uint64_t seed_of(const Request& r, size_t window) { return window == 0 ? r.seed : base::derive_seed({r.seed, 2, window}); }

/// A clip that is longer than the model makes at once: window after window, each of which continues the one before in latent space. It is
/// decoded and handed on as it is made, by one stream of the autoencoder.
void generate_windows(const Request& r, const model::Model& model, FrameSink& sink, base::Observer& observer, RunKeeper& keeper,
                      const SavedRun* resume) {
  const autoencoder::Geometry g = model.geometry();
  const std::vector<Window> windows = windows_of(r, model);
  const std::vector<std::string> prompts = prompts_of(windows, r, g);
  const Continuation continued = continuation_of(r, g);
  WindowObserver told(observer, windows.size());
  Session session(r, model, told);
  autoencoder::DecodeStream stream;
  for (size_t k = 0; k < windows.size(); ++k) {
    const Window& window = windows[k];
    const Timeline timeline = build_timeline(part_of(window, r, g), g);
    const int64_t known = window.known(), start = known == 0 ? 0 : g.frames(known);
    if (k == 0) {
      session.set_prompt(prompts.front());
      write_passage(timeline.before, r, sink, observer);
    }
    told.begin(k);
    if (k > 0 && prompts[k] != prompts[k - 1]) session.set_prompt(prompts[k]);
    session.resize(window.latent_frames());
    Tensor fresh;
    if (resume != nullptr && static_cast<int64_t>(k) < resume->pass) {
      fresh = resume->clip.narrow(2, window.begin, window.count);
    } else {
      Tensor before = continued.latents;
      if (known > 0) {
        const Tensor made = keeper.made();  // all before this window
        before = made.narrow(2, window.begin - window.context, window.context);
        if (window.anchored) before = at::cat({made.narrow(2, 0, 1), before}, 2);
      }
      const bool is_resumed = resume != nullptr && static_cast<int64_t>(k) == resume->pass;
      fresh = session
                  .sample(session.encode(timeline, before), seed_of(r, k), keeper, is_resumed ? &resume->state : nullptr,
                          continued.shifted(window.positions()))
                  .narrow(2, known, window.count)
                  .cpu()
                  .clone();  // not the whole window
    }
    keeper.end_pass(fresh);
    session.decode(
        fresh, timeline, [&](const Tensor& frames, int64_t at) { sink.frames(frames, timeline.generated(at, frames.size(0))); }, start,
        &stream);
    if (k + 1 == windows.size()) write_passage(timeline.after, r, sink, observer);
    observer.progress("windows", static_cast<int64_t>(k) + 1, std::ssize(windows));
  }
  sink.latents(keeper.made()[0]);
}

/// A clip that is longer than a model makes at once which animates an image and knows no latents: clip after clip, each of which is decoded
/// by itself and begins with the last frame of the one before.
void generate_chain(const Request& r, const model::Model& model, FrameSink& sink, base::Observer& observer, RunKeeper& keeper,
                    const SavedRun* resume) {
  const autoencoder::Geometry g = model.geometry();
  const std::vector<Window> clips = windows_of(r, model);
  const std::vector<std::string> prompts = prompts_of(clips, r, g);
  WindowObserver told(observer, clips.size());
  Session session(r, model, told);
  Tensor last;       // frame [H,W,3] uint8 so far
  int64_t made = 0;  // latent frames, with those of the first frames
  for (size_t k = 0; k < clips.size(); ++k) {
    const Request part = part_of(clips[k], r, g);
    const Timeline timeline = build_timeline(part, g);
    const int64_t count = clips[k].latent_frames();
    told.begin(k);
    session.resize(count);
    Tensor latents;
    if (resume != nullptr && static_cast<int64_t>(k) < resume->pass) {
      latents = resume->clip.narrow(2, made, count);
    } else {
      std::vector<model::GivenImage> images = given_images(part, timeline);
      if (k > 0) images.insert(images.begin(), {0, last, last});
      session.prepare(prompts[k], images);
      const bool is_resumed = resume != nullptr && static_cast<int64_t>(k) == resume->pass;
      latents = session.sample(session.encode(timeline), seed_of(r, k), keeper, is_resumed ? &resume->state : nullptr).cpu();
    }
    made += count;
    keeper.end_pass(latents);
    session.decode(latents, timeline, [&](const Tensor& frames, int64_t start) {
      last = autoencoder::to_bytes(frames[-1]);
      if (k == 0 || start > 0) sink.frames(frames, timeline.generated(start, frames.size(0)));
    });
    observer.progress("windows", static_cast<int64_t>(k) + 1, std::ssize(clips));
  }
  sink.latents(keeper.made()[0]);
}

}  // namespace

void generate(const Request& r, const model::Model& model, FrameSink& sink, base::Observer& observer, const Saving& saving,
              const SavedRun* resume) {
  at::NoGradGuard no_grad;
  base::CostEstimate cost = estimate(r, model);
  if (double available = base::total_memory(); model.placement().device.is_cpu() && cost.bytes > available)
    throw base::Error("{} frames of {}x{} need about {} of memory, and this machine has {} for it: ask for a smaller size or fewer frames",
                      r.frames, r.width, r.height, base::format_si(cost.bytes, "B"), base::format_si(available, "B"));
  RunKeeper keeper(saving, to_json(r, model.identity()).dump());
  if (windows_of(r, model).size() > 1) {
    observer.estimated(cost);
    return model.defaults().requires_image ? generate_chain(r, model, sink, observer, keeper, resume)
                                           : generate_windows(r, model, sink, observer, keeper, resume);
  }
  if (r.loop) observer.part(0, 2);  // the clip and the way back
  Session session(r, model, observer);
  const Timeline timeline = build_timeline(r, model.geometry());
  const Continuation continued = continuation_of(r, model.geometry());
  const DenoiseMask mask = session.encode(timeline, continued.latents);
  observer.estimated(cost);
  session.prepare(r.prompt, model.components().image_conditioning ? given_images(r, timeline) : std::vector<model::GivenImage>());
  const bool is_on_the_way_back = resume != nullptr && resume->pass == 1;
  const SampleState* from = resume == nullptr ? nullptr : &resume->state;
  Tensor latents = is_on_the_way_back
                       ? resume->clip.to(model.placement().device)
                       : session.sample(mask, r.seed, keeper, from, continued.shifted(windows_of(r, model).front().positions()));
  sink.latents(latents[0].cpu());

  write_passage(timeline.before, r, sink, observer);
  std::vector<Tensor> clip;  // of a loop
  session.decode(latents, timeline, [&](const Tensor& frames, int64_t start) {
    sink.frames(frames, timeline.generated(start, frames.size(0)));
    if (r.loop) clip.push_back(autoencoder::to_bytes(frames));
  });
  if (r.loop) {
    observer.part(1, 2);
    keeper.end_pass(latents);
    close_loop(at::cat(clip), timeline, r, model, session, keeper, is_on_the_way_back ? from : nullptr, sink);
  }
  write_passage(timeline.after, r, sink, observer);
}

}  // namespace zoetrope::generation
