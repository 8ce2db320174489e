#include "zoetrope/model/sampling_settings.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/model/json_fields.h"

namespace zoetrope::model {
namespace {

media::Rational fps_from_json(const base::Json& json) {
  bool pair = json.is_array() && json.size() == 2 && json[0].is_number_integer() && json[1].is_number_integer();
  if (!pair || json[0].get<int64_t>() < 1 || json[1].get<int64_t>() < 1)
    throw base::UsageError("the request's 'fps' must be two whole numbers above 0, numerator and denominator, got {}",
                           json.dump().substr(0, 80));
  return {json[0], json[1]};
}

diffusion::SigmaInterval interval_from_json(const base::Json& json) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_number() || !json[1].is_number())
    throw base::UsageError("the request's 'guidance_interval' must be two sigmas, the lower first, got {}", json.dump().substr(0, 80));
  return {json[0], json[1]};
}

std::vector<double> timesteps_from_json(const base::Json& json) {
  const bool numbers = json.is_array() && std::ranges::all_of(json, [](const base::Json& t) { return t.is_number(); });
  if (!numbers) throw base::UsageError("the request's 'timesteps' must be a list of numbers, falling, got {}", json.dump().substr(0, 80));
  return json;
}

}  // namespace

base::Json to_json(const SamplingSettings& s) {
  base::Json json{{"preset", s.preset},
                  {"width", s.width},
                  {"height", s.height},
                  {"frames", s.frames},
                  {"fps", {s.fps.numerator, s.fps.denominator}},
                  {"steps", s.steps},
                  {"guidance_scale", s.guidance_scale},
                  {"guidance_interval", {s.guidance_interval.low, s.guidance_interval.high}},
                  {"guidance_rescale", s.guidance_rescale},
                  {"shift", s.shift},
                  {"sampler", s.sampler},
                  {"negative_prompt", s.negative_prompt}};
  if (!s.timesteps.empty()) json["timesteps"] = s.timesteps;
  if (s.guidance_scale_2) json["guidance_scale_2"] = *s.guidance_scale_2;
  return json;
}

const std::vector<std::string>& settings_keys() {
  static const std::vector<std::string> keys{"preset",
                                             "width",
                                             "height",
                                             "frames",
                                             "fps",
                                             "steps",
                                             "timesteps",
                                             "guidance_scale",
                                             "guidance_scale_2",
                                             "guidance_interval",
                                             "guidance_rescale",
                                             "shift",
                                             "sampler",
                                             "negative_prompt"};
  return keys;
}

SamplingSettings settings_from_json(const base::Json& json, SamplingSettings s) {
  read_field(json, "preset", "a name", s.preset);
  read_field(json, "width", "a whole number", s.width);
  read_field(json, "height", "a whole number", s.height);
  read_field(json, "frames", "a whole number", s.frames);
  if (json.contains("fps")) s.fps = fps_from_json(json["fps"]);
  if (json.contains("timesteps")) {
    s.timesteps = timesteps_from_json(json["timesteps"]);
    if (!s.timesteps.empty()) s.steps = std::ssize(s.timesteps);
  }
  read_field(json, "steps", "a whole number", s.steps);
  read_field(json, "guidance_scale", "a number", s.guidance_scale);
  if (json.contains("guidance_scale_2")) read_field(json, "guidance_scale_2", "a number", s.guidance_scale_2.emplace());
  if (json.contains("guidance_interval")) s.guidance_interval = interval_from_json(json["guidance_interval"]);
  read_field(json, "guidance_rescale", "a number", s.guidance_rescale);
  read_field(json, "shift", "a number", s.shift);
  read_field(json, "sampler", "a name", s.sampler);
  read_field(json, "negative_prompt", "a text", s.negative_prompt);
  return s;
}

base::Json translate_settings_1(base::Json json) {
  rename_key(json, "guidance", "guidance_scale");
  rename_key(json, "guidance_2", "guidance_scale_2");
  return json;
}

}  // namespace zoetrope::model
