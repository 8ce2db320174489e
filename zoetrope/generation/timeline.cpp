#include "zoetrope/generation/timeline.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/timing.h"
#include "zoetrope/provenance/frame_marker.h"

namespace zoetrope::generation {
namespace {

/// The first frame of the group of frame `i`, and the first one behind it.
std::pair<int64_t, int64_t> group_of(int64_t i, int64_t group, int64_t frames) {
  if (i == 0) return {0, 1};
  const int64_t begin = (i - 1) / group * group + 1;
  return {begin, std::min(begin + group, frames)};
}

/// The part of frames [begin, end) that consists of whole groups.
std::pair<int64_t, int64_t> whole_groups(int64_t begin, int64_t end, int64_t group) {
  if (begin > 0) begin = (begin - 1 + group - 1) / group * group + 1;
  end = (end - 1) / group * group + 1;
  return {begin, end};
}

/// White may change: an image or clip [n,H,W,3] uint8 -> [n,H,W] fp32 in 0..1.
Tensor to_mask(const Tensor& frames) { return frames.to(at::kFloat).mean(-1) / 255; }

/// A mask for n frames: a shorter one keeps its last frame.
Tensor for_frames(const Tensor& mask, int64_t n) {
  const int64_t there = std::min(mask.size(0), n);
  Tensor first = mask.narrow(0, 0, there);
  return there == n ? first : at::cat({first, first.narrow(0, there - 1, 1).expand({n - there, -1, -1})});
}

/// Frames [n,h,w,3] of the size of their place on a larger canvas; around it the nearest pixels are repeated.
Tensor on_canvas(const Tensor& frames, const Place& place, int64_t height, int64_t width) {
  auto nearest = [](int64_t length, int64_t begin, int64_t count) { return (at::arange(length, at::kLong) - begin).clamp(0, count - 1); };
  return frames.index_select(1, nearest(height, place.top, place.height))
      .index_select(2, nearest(width, place.left, place.width))
      .contiguous();
}

/// Whether a condition is an image that stands for several frames.
bool is_held(const Condition& c) { return c.hold > 1 && media::probe(c.media).frames == 1; }

/// How many frames a condition gives.
int64_t length_of(const Condition& c, const Request& r) { return is_held(c) ? c.hold : frames_at(media::probe(c.media), r.fps); }

/// Frames [begin, end) of a file in a size, at the rate of a request.
media::Wanted wanted(const Request& r, int64_t begin, int64_t end, int64_t height, int64_t width) {
  return {.fps = r.fps, .begin = begin, .end = end, .height = height, .width = width};
}

/// Frames [begin, end) of what a condition gives, in the size of the request -> [n,H,W,3] uint8.
Tensor frames_of(const Condition& c, const Request& r, int64_t begin, int64_t end) {
  const bool held = is_held(c);
  Tensor frames = media::read_frames(
      c.media, wanted(r, held ? 0 : begin, held ? 1 : end, c.place ? c.place->height : r.height, c.place ? c.place->width : r.width));
  if (c.place) frames = on_canvas(frames, *c.place, r.height, r.width);
  return held ? frames.expand({end - begin, -1, -1, -1}) : frames;
}

/// The mask of n frames from `begin` on: [1 or n,H,W] fp32.
Tensor mask_of(const Condition& c, const Request& r, int64_t begin, int64_t n) {
  Tensor mask = at::full({1, r.height, r.width}, c.denoise > 0 ? 1. : 0.);
  if (c.place) {  // what lies around it
    mask.fill_(1);
    mask.narrow(1, c.place->top, c.place->height).narrow(2, c.place->left, c.place->width).zero_();
  }
  if (c.mask.empty()) return mask;
  const int64_t last = frames_at(media::probe(c.mask), r.fps) - 1;  // which a shorter one keeps
  Tensor given = to_mask(media::read_frames(c.mask, wanted(r, std::min(begin, last), begin + n, r.height, r.width)));
  return at::maximum(c.place ? mask : at::zeros_like(mask), given);
}

/// Where n frames of a video or image of ours, from `begin` on, have a visible label: [n,H,W] fp32, 1 in its box. Undefined where there is
/// none.
Tensor label_of(const Condition& c, const Request& r, int64_t begin, int64_t n) {
  const auto carried = media::read_metadata(c.media);
  const auto label = carried ? provenance::label_place(*carried) : std::nullopt;
  if (!label) return {};
  const media::Probe file = media::probe(c.media);
  const auto& [left, top, width, height] = label->box;
  if (left + width > file.width || top + height > file.height) return {};  // another program has cut the file
  Tensor box = at::zeros({file.height, file.width, 3}, at::kByte);
  box.narrow(0, top, height).narrow(1, left, width).fill_(255);
  box = media::fit(box, c.place ? c.place->height : r.height, c.place ? c.place->width : r.width);
  if (c.place) box = on_canvas(box.unsqueeze(0), *c.place, r.height, r.width)[0];
  Tensor free = (box.select(-1, 0) > 0).to(at::kFloat);  // what lies on its edge as well
  const auto labelled = file.frames == 1 ? n : static_cast<int64_t>(std::ceil(label->seconds * r.fps.value())) - begin;
  Tensor mask = at::zeros({n, r.height, r.width});
  if (labelled > 0) mask.narrow(0, 0, std::min(n, labelled)).copy_(free.expand({std::min(n, labelled), -1, -1}));
  return mask;
}

}  // namespace

Timeline Timeline::empty(int64_t frames, int64_t height, int64_t width) {
  return {at::zeros({frames, height, width, 3}, at::kByte), at::ones({frames, height, width}), at::ones({frames}),
          at::zeros({frames}, at::kBool)};
}

void Timeline::place(const Tensor& clip, int64_t start, const Tensor& of_clip, double how_much, int64_t group, bool is_image,
                     const std::string& name) {
  const int64_t length = frames.size(0), count = clip.size(0);
  int64_t begin = start, end = std::min(length, start + count);
  if (!is_image) std::tie(begin, end) = whole_groups(begin, end, group);
  if (begin >= end) throw base::UsageError("'{}' is too short: from frame {} on it fills no group of {} frames", name, start, group);
  if (given.narrow(0, begin, end - begin).any().item<bool>())
    throw base::UsageError("'{}' covers frames that are already given: ask for more frames, or omit one of the two", name);

  frames.narrow(0, begin, end - begin).copy_(clip.narrow(0, begin - start, end - begin));
  mask.narrow(0, begin, end - begin).copy_(for_frames(of_clip, count).narrow(0, begin - start, end - begin));
  denoise.narrow(0, begin, end - begin).fill_(how_much);
  given.narrow(0, begin, end - begin).fill_(true);
  if (!is_image) return;
  auto [first, last] = group_of(begin, group, length);
  for (int64_t i = first; i < last; ++i)  // what else stands in the group of an image
    if (!given[i].item<bool>()) frames[i].copy_(clip[0]);
}

Tensor Timeline::composite(Tensor generated, int64_t start) const {
  for (int64_t i = 0; i < generated.size(0); ++i) {
    if (!given[start + i].item<bool>()) continue;
    Tensor m = mask[start + i].unsqueeze(-1), pixels = frames[start + i].to(at::kFloat).div(255);
    Tensor frame = generated[i];
    frame.copy_(at::where(m == 0, pixels, at::where(m == 1, frame, m * frame + (1 - m) * pixels)));
  }
  return generated;
}

Tensor Timeline::generated(int64_t start, int64_t n) const {
  return at::where(given.narrow(0, start, n).view({-1, 1, 1}), mask.narrow(0, start, n), 1);
}

int64_t frames_at(const media::Probe& file, media::Rational fps) {
  return file.frames == 1 || file.fps.value() == fps.value() ? file.frames
                                                             : std::max<int64_t>(1, std::llround(file.seconds() * fps.value()));
}

int64_t context_length(int64_t length, int64_t frames, double fraction, int64_t group, bool first) {
  const int64_t extra = first ? 1 : 0;
  const auto part = static_cast<int64_t>(static_cast<double>(frames) * fraction) + 1;
  return (std::min(length, std::max(part, first ? 1 : group)) - extra) / group * group + extra;
}

WayBack way_back(const Tensor& clip, const Timeline& first, int64_t group) {
  constexpr double fraction = 1. / 4;  // of the way is known at each of its ends
  const int64_t frames = clip.size(0), begin = context_length(frames, frames, fraction, group, /*first=*/true),
                end = frames - context_length(frames, frames, fraction, group, /*first=*/false);
  WayBack way{Timeline::empty(frames, clip.size(1), clip.size(2)), begin, end};
  Tensor kept = at::zeros({1, clip.size(1), clip.size(2)});
  way.timeline.place(clip.narrow(0, frames - begin, begin), 0, kept, 0, group, /*is_image=*/false, "the end of the loop");
  way.timeline.place(clip.narrow(0, 0, frames - end), end, kept, 0, group, /*is_image=*/false, "the beginning of the loop");
  if (first.given.all().item<bool>())
    way.timeline.place(first.frames.narrow(0, begin, end - begin), begin, first.mask.narrow(0, begin, end - begin),
                       first.denoise[begin].item<double>(), group, /*is_image=*/false, "what stands still in the loop");
  return way;
}

Tensor timeline_sheet(const Timeline& timeline) {
  constexpr int64_t shown = 16;
  constexpr double strongest = .7;  // of the red
  auto some = [&](const Tensor& t) { return media::some_frames(t, shown); };
  Tensor given = some(timeline.given).view({-1, 1, 1, 1});
  Tensor pixels = at::where(given, some(timeline.frames).to(at::kFloat), 160);
  Tensor free = (some(timeline.mask) * some(timeline.denoise).view({-1, 1, 1})).unsqueeze(-1) * strongest;
  Tensor red = at::tensor({230.f, 40.f, 60.f});
  Tensor tinted = at::where(given, pixels * (1 - free) + red * free, pixels);
  return media::contact_sheet({tinted.round().to(at::kByte), {}}, shown);
}

Timeline build_timeline(const Request& request, const autoencoder::Geometry& geometry) {
  Timeline timeline = Timeline::empty(request.frames, request.height, request.width);
  for (const Condition& c : request.conditions) {
    const int64_t length = length_of(c, request), begin = std::max<int64_t>(0, -c.frame_index),
                  end = std::min(length, request.frames - c.frame_index);
    if (begin >= end)
      throw base::UsageError("'{}' stands at frames {} to {}, but the clip has the frames 0 to {}", c.media.string(), c.frame_index,
                             c.frame_index + length - 1, request.frames - 1);
    if (begin > 0) timeline.before = {c, 0, begin};
    if (end < length) timeline.after = {c, end, length};
    const Tensor frames = frames_of(c, request, begin, end);
    Tensor mask = mask_of(c, request, begin, frames.size(0));
    double denoise = c.denoise;
    if (const Tensor label = label_of(c, request, begin, frames.size(0)); label.defined() && label.any().item<bool>()) {
      mask = at::maximum(mask, label);  // labels do not spread from clip to clip: what lies under one is made anew
      if (denoise == 0) denoise = 1;    // elsewhere the mask keeps what is given
    }
    timeline.place(frames, c.frame_index + begin, mask, denoise, geometry.time, length == 1, c.media.string());
  }
  return timeline;
}

void read_passage(const Passage& passage, const Request& r, const std::function<void(const Tensor&)>& next) {
  if (passage.begin >= passage.end) return;
  const Condition& c = passage.condition;
  if (is_held(c)) {
    const Tensor frame = frames_of(c, r, 0, 1)[0];
    for (int64_t i = passage.begin; i < passage.end; ++i) next(frame);
    return;
  }
  const int64_t height = c.place ? c.place->height : r.height, width = c.place ? c.place->width : r.width;
  media::read_frames(c.media, wanted(r, passage.begin, passage.end, height, width),
                     [&](const Tensor& frame) { next(c.place ? on_canvas(frame.unsqueeze(0), *c.place, r.height, r.width)[0] : frame); });
}

namespace {

/// The value of each token [t,gh,gw]: the largest among its pixels and given frames; 1 where no frame of its latent frame is given.
Tensor values_of_tokens(const Timeline& timeline, const autoencoder::Geometry& g, transformer::Grid grid) {
  const int64_t rows = timeline.mask.size(1) / grid.h, columns = timeline.mask.size(2) / grid.w;
  Tensor largest = at::max_pool2d(timeline.mask.unsqueeze(1), {rows, columns}).squeeze(1) * timeline.denoise.view({-1, 1, 1});  // [F,gh,gw]
  largest = at::where(timeline.given.view({-1, 1, 1}), largest, -1);
  Tensor first = largest.narrow(0, 0, 1).expand({g.time - 1, -1, -1});
  Tensor of_groups = at::cat({first, largest}).unflatten(0, {-1, g.time}).amax(1);  // [t,gh,gw]
  return at::where(of_groups < 0, 1, of_groups);
}

/// The latents of latent frames [begin, end): latent frame 0 holds one frame, each later one a group with history, so frames that start
/// later are encoded behind a repeated first frame, whose latent is dropped.
Tensor encode_run(const Tensor& frames, int64_t begin, int64_t end, const autoencoder::VideoAutoencoder& autoencoder,
                  base::Observer& observer) {
  const autoencoder::Geometry g = autoencoder.geometry();
  const int64_t first = begin == 0 ? 0 : g.frames(begin), count = g.frames(end) - first;
  Tensor part = frames.narrow(0, first, count);
  if (begin == 0) return autoencoder.encode(autoencoder::to_model_range(part), observer);
  Tensor behind_first = at::cat({part.narrow(0, 0, 1), part});
  return autoencoder.encode(autoencoder::to_model_range(behind_first), observer).narrow(2, 1, end - begin);
}

}  // namespace

DenoiseMask encode_timeline(const Timeline& timeline, const autoencoder::VideoAutoencoder& autoencoder, at::IntArrayRef shape,
                            transformer::Grid grid, base::Observer& observer, const Tensor& known) {
  at::NoGradGuard no_grad;
  DenoiseMask mask = DenoiseMask::none(shape, grid);
  mask.values = values_of_tokens(timeline, autoencoder.geometry(), grid);
  const int64_t begin_unknown = known.defined() ? known.size(2) : 0;
  if (known.defined()) {
    mask.latents.narrow(2, 0, begin_unknown).copy_(known);
    mask.values.narrow(0, 0, begin_unknown).zero_();
  }
  if (!known.defined() && mask.values.max().item<double>() == 0)
    throw base::InvalidRequest("frames", "must be more than {}: all of them are given, and nothing is left to generate",
                               timeline.frames.size(0));
  Tensor needed = (mask.values < 1).flatten(1).any(1);  // [t]
  for (int64_t begin = begin_unknown; begin < grid.t;) {
    int64_t end = begin;
    while (end < grid.t && needed[end].item<bool>()) ++end;
    if (end > begin) mask.latents.narrow(2, begin, end - begin).copy_(encode_run(timeline.frames, begin, end, autoencoder, observer));
    begin = std::max(end, begin + 1);
  }
  return mask;
}

}  // namespace zoetrope::generation
