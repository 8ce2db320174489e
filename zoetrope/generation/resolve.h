#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/generation/notice.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// How a picture grows: to a shape, or by pixels on each side.
struct Outpaint {
  std::optional<double> aspect = {};  // width by height
  int64_t left = 0, top = 0, right = 0, bottom = 0;
};

/// An image or clip at a moment of the new clip: in seconds, a frame number, or the last frame.
struct Keyframe {
  std::filesystem::path media;
  std::optional<double> seconds = {};
  std::optional<int64_t> frame = {};  // neither: the last one
  double denoise = 0;
};

/// What is asked, as far as it is. The rest is as in the request that is repeated (`from`), in the preset, or in the model's defaults.
struct PartialRequest {
  std::optional<std::string> prompt, negative_prompt, class_label, sampler, preset;
  std::optional<std::pair<int64_t, int64_t>> size;  // width and height
  std::optional<double> aspect;                     // instead of the size: width by height
  std::optional<int64_t> frames, steps;
  std::vector<double> timesteps;  // the model's own, instead of the steps of a schedule; empty if not asked
  std::optional<double> seconds;  // instead of the frames: rounded to the nearest length that is possible
  std::optional<media::Rational> fps;
  std::optional<double> guidance_scale, guidance_scale_2, guidance_rescale, shift;
  std::optional<diffusion::SigmaInterval> guidance_interval;
  std::optional<uint64_t> seed;
  std::optional<bool> loop;
  std::optional<bool> sound;                       // of given videos: kept unless false
  std::vector<TimedPrompt> prompts;                // that follow the prompt in time
  std::filesystem::path image, last_image, video;  // given frames; empty where none are
  std::filesystem::path video_end;                 // a second video: the new frames join the two
  std::optional<std::string> extend;  // "after" or "before": where new frames continue the video; by default after it, unless it
                                      // is changed itself by one of the next three
  std::filesystem::path mask;         // white may change in the image or video
  std::optional<double> strength;     // how much may change, 0 to 1: alone, in the whole frame
  std::optional<Outpaint> outpaint;   // the picture grows
  std::vector<Keyframe> keyframes;
  base::Json from;               // a request in its JSON form; null if none
  std::filesystem::path beside;  // where media of `from` are looked for that are not where it says
};

/// Sets the hashes of the conditions' files; refuses a file that is not the one that the request was made with. A file whose hash is known
/// is looked for by its name in `beside`, then where the request says, then where it was when a clip was made with it on this machine;
/// others where the request says, and then in `beside`.
void hash_media(Request& request, const std::filesystem::path& beside = {});

struct Resolved {
  Request request;
  std::vector<Notice> notices;
};

/// Decides what a request means for a model, once for every way to ask: presets, size, rate, length, and the hashes of given files. The
/// request is checked (`check`); what cannot be is an InvalidRequest that names the field, or a UsageError that names the model that the
/// request was made with, where it is another.
Resolved resolve(const PartialRequest& asked, const model::Model& model);

/// Notes where a request's files are on this machine, for `hash_media`.
void remember_media(const Request& request);

/// The same for another prompt; given files are not read again.
Resolved with_prompt(Request request, const std::string& prompt, const model::Model& model);

}  // namespace zoetrope::generation
