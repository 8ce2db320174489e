#include "zoetrope/generation/resolve.h"

#include "zoetrope/base/error.h"
#include "zoetrope/generation/conditions.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/size_for_aspect.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::generation {
namespace {

constexpr double max_seconds = 3600, max_aspect = 16;

void check_image(const char* field, const std::filesystem::path& path) {
  if (path.empty()) return;
  if (int64_t frames = media::probe(path).frames; frames > 1)
    throw base::InvalidRequest(field, "must be an image; '{}' is a clip of {} frames: give it as the video to continue it", path.string(),
                               frames);
}

void set_conditions(const PartialRequest& asked, Request& r) {
  check_image("image", asked.image);
  check_image("last_image", asked.last_image);
  if (asked.image.empty() && asked.last_image.empty() && asked.video.empty()) return;
  r.conditions.clear();
  r.extend = asked.video.empty() ? Extend::no : asked.extend;
  if (!asked.video.empty()) r.conditions.push_back({.media = asked.video, .sha256 = {}});
  if (!asked.image.empty()) r.conditions.push_back({.media = asked.image, .sha256 = {}});
  if (!asked.last_image.empty()) r.conditions.push_back({.media = asked.last_image, .sha256 = {}, .frame_index = -1});
}

/// Width and height: as asked for, or in the shape of what is given.
void set_size(const PartialRequest& asked, const std::optional<media::Probe>& video, const model::Defaults& defaults, Resolved& resolved) {
  Request& r = resolved.request;
  if (asked.size) {
    std::tie(r.width, r.height) = *asked.size;
  } else if (asked.aspect) {
    if (!(*asked.aspect <= max_aspect && *asked.aspect >= 1 / max_aspect))
      throw base::InvalidRequest("aspect", "must be from 1:16 to 16:1, got {}", *asked.aspect);
    std::tie(r.width, r.height) = size_for_aspect(*asked.aspect, defaults);
  } else if (asked.from.is_null() && !r.conditions.empty()) {
    const media::Probe given = video ? *video : media::probe(r.conditions.front().media);
    std::tie(r.width, r.height) = size_for_aspect(static_cast<double>(given.width) / static_cast<double>(given.height), defaults);
    if (video && (r.width != given.width || r.height != given.height))
      resolved.notices.push_back({fmt::format("'{}' has {}x{} pixels and is fitted to {}x{}; give a size to choose another one",
                                              asked.video.string(), given.width, given.height, r.width, r.height)});
  }
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
    r.fps = video->fps;
  }
  r.fps = asked.fps.value_or(r.fps);
  r.frames = asked.frames.value_or(r.frames);
  if (!asked.seconds) return;
  if (!(*asked.seconds > 0 && *asked.seconds <= max_seconds))
    throw base::InvalidRequest("seconds", "must be above 0 and at most {}, got {}; 1 frame makes an image", max_seconds, *asked.seconds);
  r.frames = model.geometry().nearest_length(*asked.seconds * r.fps.value());
  resolved.notices.push_back({fmt::format("{} s at {} frames per second: {} frames, {:.2f} s", *asked.seconds, r.fps.value(), r.frames,
                                          static_cast<double>(r.frames) / r.fps.value())});
}

}  // namespace

Resolved resolve(const PartialRequest& asked, const model::Model& model) {
  Resolved resolved;
  Request& r = resolved.request;
  const bool repeats = !asked.from.is_null();
  const std::string dtype = model.placement().dtype == at::kBFloat16 ? "bf16" : "fp32";
  std::string preset = asked.preset.value_or(repeats ? request_from_json(asked.from).preset : "");
  r.use(preset.empty() ? model.defaults().settings : model.defaults().preset(preset));
  if (repeats) {
    r = request_from_json(asked.from, r);
    if (auto made_by = fingerprint_of(asked.from); made_by && *made_by != model.fingerprint())
      resolved.notices.push_back({"the request was made by another model: the clip will not be the same", /*is_warning=*/true});
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
  r.steps = asked.steps.value_or(r.steps);
  r.guidance_scale = asked.guidance_scale.value_or(r.guidance_scale);
  if (asked.guidance_scale || asked.guidance_scale_2) r.guidance_scale_2 = asked.guidance_scale_2;
  r.guidance_interval = asked.guidance_interval.value_or(r.guidance_interval);
  r.guidance_rescale = asked.guidance_rescale.value_or(r.guidance_rescale);
  r.shift = asked.shift.value_or(r.shift);
  r.sampler = asked.sampler.value_or(r.sampler);
  r.preset = asked.preset.value_or(r.preset);
  r.seed = asked.seed.value_or(r.seed);
  r.dtype = dtype;
  hash_media(r, asked.beside);
  Resolved whole = with_prompt(r, asked.prompt.value_or(r.prompt), model);
  whole.notices.insert(whole.notices.begin(), resolved.notices.begin(), resolved.notices.end());
  return whole;
}

Resolved with_prompt(Request request, const std::string& prompt, const model::Model& model) {
  request.prompt = prompt;
  check(request, model);
  Resolved resolved{std::move(request), {}};
  if (std::string omitted = truncated_text(resolved.request, model); !omitted.empty())
    resolved.notices.push_back(
        {fmt::format("the prompt is longer than what this model reads; omitted: '{}'", omitted), /*is_warning=*/true});
  return resolved;
}

}  // namespace zoetrope::generation
