#include "zoetrope/generation/request.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/base/version.h"

namespace zoetrope::generation {
namespace {

constexpr const char *schema = "zoetrope/request/2", *schema_1 = "zoetrope/request/1";

const std::vector<std::pair<Extend, std::string>> extend_names{{Extend::no, "no"}, {Extend::after, "after"}, {Extend::before, "before"}};

/// What a value of the JSON form must be, in words and as a check.
template <class Value>
void read(const base::Json& json, const char* key, const char* kind, Value& value) {
  if (!json.contains(key)) return;
  const base::Json& found = json[key];
  bool fits = std::is_same_v<Value, std::string> ? found.is_string()
              : std::is_same_v<Value, uint64_t>  ? found.is_number_unsigned()
              : std::is_integral_v<Value>        ? found.is_number_integer()
                                                 : found.is_number() && std::isfinite(found.get<double>());
  if (!fits) throw base::UsageError("the request's '{}' must be {}, got {}", key, kind, found.dump().substr(0, 80));
  value = found.get<Value>();
}

void refuse_unknown_keys(const base::Json& json, const std::vector<std::string>& known, const char* what) {
  for (const auto& [key, value] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw base::UsageError("'{}' is not a key of a {}; the keys are {}", key, what, fmt::join(known, ", "));
}

base::Json condition_to_json(const Condition& c) {
  return {{"media", c.media.string()}, {"sha256", c.sha256}, {"frame_index", c.frame_index}, {"denoise", c.denoise}};
}

Condition condition_from_json(const base::Json& json) {
  if (!json.is_object()) throw base::UsageError("a condition must be a JSON object, got {}", json.dump().substr(0, 80));
  refuse_unknown_keys(json, {"media", "sha256", "frame_index", "denoise"}, "condition");
  Condition c;
  std::string media;
  read(json, "media", "a path", media);
  if (media.empty()) throw base::UsageError("a condition needs the path of its 'media'");
  c.media = media;
  read(json, "sha256", "a hash", c.sha256);
  read(json, "frame_index", "a frame number", c.frame_index);
  read(json, "denoise", "a number from 0 to 1", c.denoise);
  if (c.denoise < 0 || c.denoise > 1) throw base::UsageError("a condition's 'denoise' must be from 0 to 1, got {}", c.denoise);
  return c;
}

media::Rational fps_from_json(const base::Json& json) {
  bool pair = json.is_array() && json.size() == 2 && json[0].is_number_integer() && json[1].is_number_integer();
  if (!pair || json[0].get<int64_t>() < 1 || json[1].get<int64_t>() < 1)
    throw base::UsageError("the request's 'fps' must be two whole numbers above 0, numerator and denominator, got {}",
                           json.dump().substr(0, 80));
  return {json[0], json[1]};
}

Extend extend_from_json(const base::Json& json) {
  for (const auto& [extend, name] : extend_names)
    if (json == name) return extend;
  throw base::UsageError("the request's 'extend' must be no, after or before, got {}", json.dump().substr(0, 80));
}

std::string dtype_from_json(const base::Json& json) {
  if (json == "auto" || json == "bf16" || json == "fp32") return json;
  throw base::UsageError("the request's 'dtype' must be auto, bf16 or fp32, got {}", json.dump().substr(0, 80));
}

}  // namespace

base::Json to_json(const Request& r, const std::string& model_fingerprint) {
  base::Json conditions = base::Json::array();
  for (const Condition& c : r.conditions) conditions.push_back(condition_to_json(c));
  auto extend = std::find_if(extend_names.begin(), extend_names.end(), [&](const auto& entry) { return entry.first == r.extend; });
  base::Json json{{"schema", schema},
                  {"program", std::string("zoetrope ") + base::version()},
                  {"model", model_fingerprint},
                  {"prompt", r.prompt},
                  {"negative_prompt", r.negative_prompt},
                  {"class_label", r.class_label},
                  {"width", r.width},
                  {"height", r.height},
                  {"frames", r.frames},
                  {"fps", {r.fps.numerator, r.fps.denominator}},
                  {"steps", r.steps},
                  {"guidance_scale", r.guidance_scale},
                  {"shift", r.shift},
                  {"sampler", r.sampler},
                  {"dtype", r.dtype},
                  {"preset", r.preset},
                  {"seed", r.seed},
                  {"extend", extend->second},
                  {"conditions", conditions}};
  if (r.guidance_scale_2) json["guidance_scale_2"] = *r.guidance_scale_2;
  return json;
}

base::Json translate_request_1(base::Json json) {
  auto rename = [](base::Json& object, const char* before, const char* now) {
    if (!object.is_object() || !object.contains(before)) return;
    object[now] = object[before];
    object.erase(before);
  };
  rename(json, "guidance", "guidance_scale");
  rename(json, "guidance_2", "guidance_scale_2");
  if (json.contains("conditions") && json["conditions"].is_array())
    for (base::Json& condition : json["conditions"]) rename(condition, "when", "frame_index"), rename(condition, "noise", "denoise");
  json["schema"] = schema;
  return json;
}

Request request_from_json(const base::Json& json, Request r) {
  if (!json.is_object()) throw base::UsageError("a request must be a JSON object, got {}", json.dump().substr(0, 80));
  const base::Json found = json.value("schema", base::Json(schema));
  if (found == schema_1) return request_from_json(translate_request_1(json), std::move(r));
  if (found != schema)
    throw base::UsageError("the request has schema {}, this program reads \"{}\" and \"{}\"", found.dump().substr(0, 80), schema_1, schema);
  refuse_unknown_keys(json, {"schema",  "program", "model",  "prompt", "negative_prompt", "class_label",      "width",
                             "height",  "frames",  "fps",    "steps",  "guidance_scale",  "guidance_scale_2", "shift",
                             "sampler", "dtype",   "preset", "seed",   "extend",          "conditions"},
                      "request");
  read(json, "prompt", "a text", r.prompt);
  read(json, "negative_prompt", "a text", r.negative_prompt);
  read(json, "class_label", "a text, the number or name of a class", r.class_label);
  read(json, "width", "a whole number", r.width);
  read(json, "height", "a whole number", r.height);
  read(json, "frames", "a whole number", r.frames);
  if (json.contains("fps")) r.fps = fps_from_json(json["fps"]);
  read(json, "steps", "a whole number", r.steps);
  read(json, "guidance_scale", "a number", r.guidance_scale);
  if (json.contains("guidance_scale_2")) read(json, "guidance_scale_2", "a number", r.guidance_scale_2.emplace());
  read(json, "shift", "a number", r.shift);
  read(json, "sampler", "a name", r.sampler);
  if (json.contains("dtype")) r.dtype = dtype_from_json(json["dtype"]);
  read(json, "preset", "a name", r.preset);
  read(json, "seed", "a whole number from 0", r.seed);
  if (json.contains("extend")) r.extend = extend_from_json(json["extend"]);
  if (json.contains("conditions")) {
    if (!json["conditions"].is_array())
      throw base::UsageError("the request's 'conditions' must be a list, got {}", json["conditions"].dump().substr(0, 80));
    r.conditions.clear();
    for (const base::Json& item : json["conditions"]) r.conditions.push_back(condition_from_json(item));
  }
  return r;
}

std::optional<std::string> fingerprint_of(const base::Json& json) {
  if (!json.is_object() || !json.contains("model") || !json["model"].is_string()) return std::nullopt;
  return json["model"].get<std::string>();
}

}  // namespace zoetrope::generation
