#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// What is asked, as far as it is. The rest is as in the request that is repeated (`from`), in the preset, or in the model's defaults.
struct PartialRequest {
  std::optional<std::string> prompt, negative_prompt, class_label, sampler, preset;
  std::optional<std::pair<int64_t, int64_t>> size;  // width and height
  std::optional<double> aspect;                     // instead of the size: width by height
  std::optional<int64_t> frames, steps;
  std::optional<double> seconds;  // instead of the frames: rounded to the nearest length that is possible
  std::optional<media::Rational> fps;
  std::optional<double> guidance_scale, guidance_scale_2, guidance_rescale, shift;
  std::optional<diffusion::SigmaInterval> guidance_interval;
  std::optional<uint64_t> seed;
  std::filesystem::path image, last_image, video;  // given frames; empty where none are
  Extend extend = Extend::after;                   // where the new frames continue the video
  base::Json from;                                 // a request in its JSON form; null if none
  std::filesystem::path beside;                    // where media of `from` are looked for that are not where it says
};

struct Notice {
  std::string text;         // a sentence
  bool is_warning = false;  // whether it tells that the result may not be what is wanted; else what was chosen
};

struct Resolved {
  Request request;
  std::vector<Notice> notices;
};

/// Decides what a request means for a model, once for every way to ask: presets, size, rate, length, and the hashes of given files. The
/// request is checked (`check`); what cannot be is an InvalidRequest that names the field.
Resolved resolve(const PartialRequest& asked, const model::Model& model);

/// The same for another prompt; given files are not read again.
Resolved with_prompt(Request request, const std::string& prompt, const model::Model& model);

}  // namespace zoetrope::generation
