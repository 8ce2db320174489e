#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/media/clip.h"

namespace zoetrope::model {

/// How a model is used: what its presets and defaults are made of. What is asked of it (prompt, conditions, seed) is a
/// `generation::Request`.
struct SamplingSettings {
  std::string preset;  // the preset that the settings come from, for models with several; else empty
  int64_t width = 0, height = 0, frames = 0;
  media::Rational fps;
  int64_t steps = 20;
  /// The model's own timesteps at which it is evaluated, falling; their number is `steps`, and the shift is not applied to them. Those of
  /// the schedule if empty.
  std::vector<double> timesteps = {};
  double guidance_scale = 3, shift = 1;
  std::optional<double> guidance_scale_2;      // of the second expert; `guidance_scale` if unset
  diffusion::SigmaInterval guidance_interval;  // sigmas at which guidance applies
  double guidance_rescale = 0;                 // how far its deviation is brought back to that of the prompt alone, 0 to 1
  std::string sampler = "euler";
  std::string negative_prompt;

  bool operator==(const SamplingSettings&) const = default;
};

base::Json to_json(const SamplingSettings& settings);

/// The keys of the JSON form.
const std::vector<std::string>& settings_keys();

/// Reads the JSON form; absent keys keep their value in `defaults`. A value of the wrong kind is refused with a `UsageError` that names it;
/// keys of other things are passed over.
SamplingSettings settings_from_json(const base::Json& json, SamplingSettings defaults = {});

/// The settings of requests of schema 1 and models of format 1, by today's names.
base::Json translate_settings_1(base::Json json);

}  // namespace zoetrope::model
