#include "zoetrope/generation/resolve.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/known_places.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/kept_latents.h"
#include "zoetrope/generation/limits.h"
#include "zoetrope/generation/size_for_aspect.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/model/distilled.h"
#include "zoetrope/text/prompt_syntax.h"

namespace zoetrope::generation {
namespace {

constexpr double max_seconds = 3600, max_aspect = 16;

void check_image(const char* field, const std::filesystem::path& path) {
  if (path.empty()) return;
  if (int64_t frames = media::probe(path).frames; frames > 1)
    throw base::InvalidRequest(field, "must be an image; '{}' is a clip of {} frames: give it as the video to continue it", path.string(),
                               frames);
}

/// Whether the video itself is changed, instead of being continued.
bool is_edited(const PartialRequest& asked) { return !asked.mask.empty() || asked.strength || asked.outpaint; }

void check_edit(const PartialRequest& asked) {
  const bool has_media = !asked.video.empty() || !asked.image.empty();
  if (!asked.mask.empty() && !has_media) throw base::InvalidRequest("mask", "needs an image or a video that it is for");
  if (asked.strength && !has_media) throw base::InvalidRequest("strength", "needs an image or a video that is to be changed");
  if (asked.outpaint && !has_media) throw base::InvalidRequest("outpaint", "needs an image or a video that is to grow");
  if (asked.outpaint && !asked.mask.empty())
    throw base::InvalidRequest("mask", "cannot be used with outpainting, whose mask is what lies around the picture");
  if (asked.strength && !(*asked.strength > 0 && *asked.strength <= 1))
    throw base::InvalidRequest("strength", "must be above 0 and at most 1, got {}", *asked.strength);
  if (!asked.video.empty() && !asked.image.empty() && is_edited(asked))
    throw base::InvalidRequest("image", "cannot be given beside a video that is changed; give it as a keyframe");
  if (asked.extend && asked.video.empty()) throw base::InvalidRequest("extend", "needs a video to extend");
  if (asked.extend && is_edited(asked)) throw base::InvalidRequest("extend", "cannot be used with a video that is changed itself");
  if (!asked.video_end.empty() && (asked.video.empty() || is_edited(asked) || asked.extend))
    throw base::InvalidRequest("video_end", "joins two videos: give the first one as the video, and nothing that changes it");
}

void set_conditions(const PartialRequest& asked, Request& r) {
  check_edit(asked);
  check_image("image", asked.image);
  check_image("last_image", asked.last_image);
  if (asked.image.empty() && asked.last_image.empty() && asked.video.empty() && asked.keyframes.empty()) return;
  r.conditions.clear();
  Condition changed{.media = asked.video.empty() ? asked.image : asked.video, .mask = asked.mask};
  if (is_edited(asked)) changed.denoise = asked.strength.value_or(1);
  if (!asked.video.empty() && !is_edited(asked)) changed.placed = asked.extend.value_or("after");
  if (!changed.media.empty()) r.conditions.push_back(changed);
  if (!asked.video_end.empty()) r.conditions.push_back({.media = asked.video_end, .placed = "before"});
  if (!asked.video.empty() && !asked.image.empty()) r.conditions.push_back({.media = asked.image});
  if (!asked.last_image.empty()) r.conditions.push_back({.media = asked.last_image, .placed = "last"});
}

/// Those that stand at a time, whose rate is known now.
void add_keyframes(const PartialRequest& asked, Request& r) {
  for (const Keyframe& k : asked.keyframes) {
    Condition c{.media = k.media, .denoise = k.denoise};
    if (k.frame) c.frame_index = *k.frame;
    if (k.seconds) c.frame_index = std::llround(*k.seconds * r.fps.value());
    if (!k.frame && !k.seconds) c.placed = "last";
    r.conditions.push_back(c);
  }
}

/// The canvas of a picture of width x height that grows, and where the picture lies on it.
void grow(const Outpaint& outpaint, const PartialRequest& asked, int64_t multiple, Request& r) {
  auto rounded = [&](double side) { return std::max<int64_t>(1, std::llround(side / static_cast<double>(multiple))) * multiple; };
  Place place{outpaint.left, outpaint.top, r.width, r.height};
  if (asked.size) {  // the canvas; the picture is made as large as fits
    if (!outpaint.aspect) throw base::InvalidRequest("size", "cannot be used when pixels are added to the sides, which decides the size");
    std::tie(r.width, r.height) = *asked.size;
    const double scale = std::min(static_cast<double>(r.width) / static_cast<double>(place.width),
                                  static_cast<double>(r.height) / static_cast<double>(place.height));
    place.width = std::llround(static_cast<double>(place.width) * scale),
    place.height = std::llround(static_cast<double>(place.height) * scale);
  } else if (outpaint.aspect) {
    const auto width = static_cast<double>(place.width), height = static_cast<double>(place.height);
    r.width = std::max(place.width, rounded(height * *outpaint.aspect)),
    r.height = std::max(place.height, rounded(width / *outpaint.aspect));
    if (width / height < *outpaint.aspect)
      r.height = place.height;
    else
      r.width = place.width;
  } else {
    r.width += outpaint.left + outpaint.right, r.height += outpaint.top + outpaint.bottom;
  }
  if (outpaint.aspect) place.left = (r.width - place.width) / 2, place.top = (r.height - place.height) / 2;
  if (place.width == r.width && place.height == r.height)
    throw base::InvalidRequest("outpaint", "must make the picture of {}x{} larger, and it does not", place.width, place.height);
  r.conditions.front().place = place;
}

/// Whether a picture can be changed in its own size: one that the model can make, and not a larger one than it does best.
bool is_size_of(const media::Probe& picture, const model::Defaults& defaults) {
  const int64_t m = defaults.size_multiple;
  return picture.width % m == 0 && picture.height % m == 0 &&
         picture.width * picture.height <= defaults.settings.width * defaults.settings.height;
}

/// Width and height: as asked for, or in the shape of what is given.
void set_size(const PartialRequest& asked, const std::optional<media::Probe>& video, const model::Defaults& defaults, Resolved& resolved) {
  Request& r = resolved.request;
  if (asked.size && !asked.outpaint) {
    std::tie(r.width, r.height) = *asked.size;
  } else if (asked.aspect) {
    if (!(*asked.aspect <= max_aspect && *asked.aspect >= 1 / max_aspect))
      throw base::InvalidRequest("aspect", "must be from 1:16 to 16:1, got {}", *asked.aspect);
    std::tie(r.width, r.height) = size_for_aspect(*asked.aspect, defaults);
    resolved.notices.push_back({fmt::format("{}x{} is the size of this model nearest to that shape", r.width, r.height)});
  } else if (asked.from.is_null() && !r.conditions.empty()) {
    const media::Probe given = video ? *video : media::probe(r.conditions.front().media);
    std::tie(r.width, r.height) = is_edited(asked) && is_size_of(given, defaults)
                                      ? std::pair(given.width, given.height)
                                      : size_for_aspect(static_cast<double>(given.width) / static_cast<double>(given.height), defaults);
    if ((video || asked.outpaint) && (r.width != given.width || r.height != given.height))
      resolved.notices.push_back(
          {fmt::format("'{}' has {}x{} pixels and is fitted to {}x{}{}", r.conditions.front().media.string(), given.width, given.height,
                       r.width, r.height, asked.outpaint ? "" : "; give a size to choose another one")});
  }
  if (asked.outpaint) grow(*asked.outpaint, asked, defaults.size_multiple, r);
}

/// The rate, by default that of a given video, and the length.
void set_time(const PartialRequest& asked, const std::optional<media::Probe>& video, const model::Model& model, Resolved& resolved) {
  Request& r = resolved.request;
  if (video) {
    if (video->missing_seconds > 0)
      resolved.notices.push_back(
          {fmt::format("'{}' seems to be cut off: it declares {:.2f} s more than the {:.2f} s it contains; these are used",
                       asked.video.string(), video->missing_seconds, video->seconds()),
           /*is_warning=*/true});
    if (video->hdr)
      resolved.notices.push_back({fmt::format("'{}' is HDR: its colours are mapped to those of BT.709", asked.video.string())});
    r.fps = video->fps;
  }
  r.fps = asked.fps.value_or(r.fps);
  const autoencoder::Geometry g = model.geometry();
  if (video && is_edited(asked)) r.frames = g.frames(g.latent_frames(frames_at(*video, r.fps)));
  r.frames = asked.frames.value_or(r.frames);
  if (!asked.seconds) return;
  if (!(*asked.seconds > 0 && *asked.seconds <= max_seconds))
    throw base::InvalidRequest("seconds", "must be above 0 and at most {}, got {}; 1 frame makes an image", max_seconds, *asked.seconds);
  r.frames = g.nearest_length(*asked.seconds * r.fps.value());
  resolved.notices.push_back({fmt::format("{} s at {} frames per second: {} frames, {:.2f} s", *asked.seconds, r.fps.value(), r.frames,
                                          static_cast<double>(r.frames) / r.fps.value())});
}

/// Continues videos from the latents that were kept beside them, if these are still theirs and the model's.
void use_kept_latents(const model::Model& model, Resolved& resolved) {
  for (Condition& c : resolved.request.conditions) {
    const std::filesystem::path file = c.latents.empty() ? kept_latents_path(c.media) : c.latents;
    if (c.latents.empty() && (c.placed != "after" || !std::filesystem::exists(file))) continue;
    if (const std::string mismatch = kept_latents_mismatch(file, c, resolved.request, model); !mismatch.empty()) {
      c.latents.clear(), c.latents_sha256.clear();
      resolved.notices.push_back(
          {fmt::format("'{}' is encoded again, since the latents in '{}' cannot be used: {}", c.media.string(), file.string(), mismatch)});
    } else {
      c.latents = file, c.latents_sha256 = base::sha256_of_file(file);
      resolved.notices.push_back({fmt::format("'{}' is continued from the latents in '{}'", c.media.string(), file.string())});
    }
  }
}

/// Makes frame numbers of "last", "after" and "before".
void settle_placements(Request& r, const model::Model& model) {
  const autoencoder::Geometry g = model.geometry();
  const int64_t at_once = std::max<int64_t>(1, std::min(r.frames, g.frames(latent_frames_at_once(r, model))));
  int64_t continued = 0;
  for (const Condition& c : r.conditions) continued += c.placed == "after" || c.placed == "before";
  const double fraction = continued > 1 ? 1. / 3 : 1. / 2;  // of the clip, for each of two that it joins, or for one that it continues
  for (Condition& c : r.conditions) {
    if (c.placed == "last") c.frame_index = r.frames - 1;
    if (c.placed == "after" || c.placed == "before") {
      const bool after = c.placed == "after";
      const int64_t length = frames_at(media::probe(c.media), r.fps);
      const int64_t known = c.latents.empty() ? length : std::min(length, g.frames(read_kept_latents(c.latents).latents.size(2)));
      const int64_t context = context_length(known, at_once, fraction, g.time, after);
      if (context < 1)
        throw base::UsageError("'{}' has {} frames; continuing it before its beginning needs at least {}", c.media.string(), length,
                               g.time);
      if (context >= r.frames)
        throw base::InvalidRequest("frames", "must be more than {}, which leaves nothing to generate beside '{}'", r.frames,
                                   c.media.string());
      c.frame_index = after ? context - length : r.frames - context;
    }
    c.placed.clear();
  }
}

/// Says what settings of models of few steps do not do.
void notice_few_steps(const PartialRequest& asked, const model::Model& model, Resolved& resolved) {
  const Request& r = resolved.request;
  const auto& few_steps = model.defaults().few_step_presets;
  if (r.preset != model.defaults().settings.preset && !model.has_loras() && std::ranges::find(few_steps, r.preset) != few_steps.end())
    resolved.notices.push_back(
        {fmt::format(
             "the preset {} is for models that were distilled to a few steps: give the LoRA file that does so, unless the model is one",
             r.preset),
         /*is_warning=*/true});
  if (model.defaults().imitates_guidance(r)) {
    if (!r.negative_prompt.empty())
      resolved.notices.push_back(
          {fmt::format("the preset {} does not use a negative prompt; the preset {} does", r.preset, model::Distilled::full),
           /*is_warning=*/true});
  } else if (asked.negative_prompt && !asked.negative_prompt->empty() && std::max(r.guidance_scale, r.guidance_scale_2.value_or(0)) <= 1)
    resolved.notices.push_back(
        {fmt::format("the negative prompt is not used, since the guidance is {}; only guidance above 1 reads it", r.guidance_scale),
         /*is_warning=*/true});
}

}  // namespace

void hash_media(Request& request, const std::filesystem::path& beside) {
  namespace fs = std::filesystem;
  auto find = [&](fs::path& file, std::string& known) {
    const bool by_hash = !known.empty();
    std::vector<fs::path> places{file, beside / file.filename()};
    if (by_hash) std::swap(places[0], places[1]), places.push_back(base::remembered_place(known));
    std::string other;  // the hash of a file of that name which is not the one
    for (const fs::path& place : places) {
      if (place.empty() || !fs::is_regular_file(place)) continue;
      const std::string hash = base::sha256_of_file(place);
      if (by_hash && hash != known) {
        if (other.empty()) other = hash, file = place;
        continue;
      }
      file = place, known = hash;
      return;
    }
    if (!other.empty())
      throw base::UsageError("'{}' is not the file that the request was made with: its SHA-256 is {}, not {}", file.string(), other, known);
    throw base::UsageError("'{}' does not exist; put it into this folder, or beside the file that the request is from", file.string());
  };
  for (Condition& condition : request.conditions) {
    find(condition.media, condition.sha256);
    if (!condition.mask.empty()) find(condition.mask, condition.mask_sha256);
    if (!condition.latents.empty()) find(condition.latents, condition.latents_sha256);
  }
}

void remember_media(const Request& request) {
  for (const Condition& c : request.conditions)
    for (const auto& [file, hash] :
         {std::pair(c.media, c.sha256), std::pair(c.mask, c.mask_sha256), std::pair(c.latents, c.latents_sha256)})
      if (!file.empty()) base::remember_place(hash, file);
}

namespace {

/// The request's answer for one model: `resolve` without what another model's request needs.
Resolved resolve_for(const PartialRequest& asked, const model::Model& model) {
  Resolved resolved;
  for (const std::string& notice : model.notices()) resolved.notices.push_back({notice, /*is_warning=*/true});
  Request& r = resolved.request;
  const bool repeats = !asked.from.is_null();
  const std::string dtype = model.placement().dtype == at::kBFloat16 ? "bf16" : "fp32";
  std::string preset = asked.preset.value_or(repeats ? request_from_json(asked.from).preset : "");
  r.use(preset.empty() ? model.defaults().settings : model.defaults().preset(preset));
  if (repeats) {
    r = request_from_json(asked.from, r);
    if (auto made_by = model_of(asked.from); made_by && made_by->sha256 != model.fingerprint())
      resolved.notices.push_back(
          {fmt::format("the request was made by another model, {}: the clip will not be the same", words_for(*made_by)),
           /*is_warning=*/true});
    if (r.dtype != "auto" && r.dtype != dtype)
      resolved.notices.push_back(
          {fmt::format("the request was computed in {}, here it is in {}: the clip will not be quite the same", r.dtype, dtype)});
  }
  set_conditions(asked, r);
  std::optional<media::Probe> video;
  if (!asked.video.empty()) video = media::probe(asked.video);
  set_size(asked, video, model.defaults(), resolved);
  set_time(asked, video, model, resolved);
  r.negative_prompt = asked.negative_prompt.value_or(r.negative_prompt);
  r.class_label = asked.class_label.value_or(r.class_label);
  if (!asked.timesteps.empty()) r.timesteps = asked.timesteps, r.steps = std::ssize(r.timesteps);
  r.steps = asked.steps.value_or(r.steps);
  r.guidance_scale = asked.guidance_scale.value_or(r.guidance_scale);
  if (asked.guidance_scale || asked.guidance_scale_2) r.guidance_scale_2 = asked.guidance_scale_2;
  r.guidance_interval = asked.guidance_interval.value_or(r.guidance_interval);
  r.guidance_rescale = asked.guidance_rescale.value_or(r.guidance_rescale);
  r.shift = asked.shift.value_or(r.shift);
  r.sampler = asked.sampler.value_or(r.sampler);
  r.preset = asked.preset.value_or(r.preset);
  r.seed = asked.seed.value_or(r.seed);
  r.loop = asked.loop.value_or(r.loop);
  r.sound = asked.sound.value_or(r.sound);
  if (!asked.prompts.empty()) r.prompts = asked.prompts;
  r.dtype = dtype;
  add_keyframes(asked, r);
  hash_media(r, asked.beside);
  use_kept_latents(model, resolved);
  settle_placements(r, model);
  if (!asked.image.empty() && !asked.mask.empty()) r.conditions.front().hold = r.frames;  // what the mask leaves stands still
  notice_few_steps(asked, model, resolved);
  Resolved whole = with_prompt(r, asked.prompt.value_or(r.prompt), model);
  whole.notices.insert(whole.notices.begin(), resolved.notices.begin(), resolved.notices.end());
  return whole;
}

}  // namespace

Resolved resolve(const PartialRequest& asked, const model::Model& model) try {
  return resolve_for(asked, model);
} catch (const base::InvalidRequest& refused) {
  std::optional<model::Identity> made_by = model_of(asked.from);
  if (!made_by || made_by->sha256 == model.fingerprint()) throw;
  throw base::UsageError("the request was made by another model, {}; for this one, {}", words_for(*made_by), refused.what());
}

Resolved with_prompt(Request request, const std::string& prompt, const model::Model& model) {
  request.prompt = prompt;
  check(request, model);
  Resolved resolved{std::move(request), {}};
  std::vector<std::string> prompts{resolved.request.prompt};
  for (const TimedPrompt& p : resolved.request.prompts) prompts.push_back(p.prompt);
  for (const std::string& p : prompts)
    if (std::string omitted = truncated_text(p, model); !omitted.empty())
      resolved.notices.push_back(
          {fmt::format("the prompt is longer than what this model reads; omitted: '{}'", omitted), /*is_warning=*/true});
  for (const std::string& p : prompts)
    if (std::string told = text::syntax_taken_as_text(p); !told.empty()) resolved.notices.push_back({told, /*is_warning=*/true});
  for (const std::string& limit : limits(resolved.request, model)) resolved.notices.push_back({limit, /*is_warning=*/true});
  if (const size_t windows = windows_of(resolved.request, model).size(); windows > 1)
    resolved.notices.push_back(
        {fmt::format("{} frames are made in {} windows, each of which continues the one before", resolved.request.frames, windows)});
  return resolved;
}

}  // namespace zoetrope::generation
