#include "zoetrope/generation/request.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/version.h"
#include "zoetrope/model/json_fields.h"

namespace zoetrope::generation {
namespace {

using model::read_field;
using model::refuse_unknown_keys;

constexpr const char *schema = "zoetrope/request/2", *schema_1 = "zoetrope/request/1";

const std::vector<std::string> placements{"last", "after", "before"};

/// A file's name in JSON, which is UTF-8; a name that is not is told as well as it can be, and found by its hash.
std::string name_of(const std::filesystem::path& file) { return base::as_utf8(file.filename().string()); }

base::Json condition_to_json(const Condition& c) {
  base::Json json{{"media", name_of(c.media)}, {"sha256", c.sha256}, {"frame_index", c.frame_index}, {"denoise", c.denoise}};
  if (!c.placed.empty()) json["frame_index"] = c.placed;
  if (!c.mask.empty()) json["mask"] = name_of(c.mask), json["mask_sha256"] = c.mask_sha256;
  if (!c.latents.empty()) json["latents"] = name_of(c.latents), json["latents_sha256"] = c.latents_sha256;
  if (c.hold != 1) json["hold"] = c.hold;
  if (c.place) json["place"] = {c.place->left, c.place->top, c.place->width, c.place->height};
  return json;
}

Place place_from_json(const base::Json& json) {
  auto is_side = [](const base::Json& value) { return value.is_number_integer() && value >= 0 && value <= (1 << 16); };
  if (!json.is_array() || json.size() != 4 || !std::all_of(json.begin(), json.end(), is_side) || json[2] < 1 || json[3] < 1)
    throw base::UsageError("a condition's 'place' must be [left, top, width, height] in pixels, got {}", json.dump().substr(0, 80));
  return {json[0], json[1], json[2], json[3]};
}

Condition condition_from_json(const base::Json& json) {
  if (!json.is_object()) throw base::UsageError("a condition must be a JSON object, got {}", json.dump().substr(0, 80));
  refuse_unknown_keys(json,
                      {"media", "sha256", "frame_index", "denoise", "mask", "mask_sha256", "latents", "latents_sha256", "hold", "place"},
                      "condition");
  Condition c;
  std::string media, mask, latents;
  read_field(json, "media", "a path", media);
  if (media.empty()) throw base::UsageError("a condition needs the path of its 'media'");
  read_field(json, "mask", "a path", mask);
  read_field(json, "latents", "a path", latents);
  c.media = media, c.mask = mask, c.latents = latents;
  read_field(json, "sha256", "a hash", c.sha256);
  read_field(json, "mask_sha256", "a hash", c.mask_sha256);
  read_field(json, "latents_sha256", "a hash", c.latents_sha256);
  if (json.contains("place")) c.place = place_from_json(json["place"]);
  if (json.contains("frame_index") && json["frame_index"].is_string()) {
    c.placed = json["frame_index"];
    if (std::find(placements.begin(), placements.end(), c.placed) == placements.end())
      throw base::UsageError("a condition's 'frame_index' must be a number or one of {}, got '{}'", fmt::join(placements, ", "),
                             c.placed.substr(0, 80));
  } else {
    read_field(json, "frame_index", "a frame number", c.frame_index);
  }
  read_field(json, "hold", "a number of frames", c.hold);
  if (c.hold < 1) throw base::UsageError("a condition's 'hold' must be at least 1, got {}", c.hold);
  if (!mask.empty() || c.place) c.denoise = 1;
  read_field(json, "denoise", "a number from 0 to 1", c.denoise);
  if (c.denoise < 0 || c.denoise > 1) throw base::UsageError("a condition's 'denoise' must be from 0 to 1, got {}", c.denoise);
  return c;
}

std::vector<TimedPrompt> prompts_from_json(const base::Json& json) {
  if (!json.is_array()) throw base::UsageError("the request's 'prompts' must be a list, got {}", json.dump().substr(0, 80));
  std::vector<TimedPrompt> prompts;
  for (const base::Json& item : json) {
    TimedPrompt p{};
    if (!item.is_object() || !item.contains("seconds") || !item.contains("prompt"))
      throw base::UsageError("one of 'prompts' must be an object with 'seconds' and 'prompt', got {}", item.dump().substr(0, 80));
    refuse_unknown_keys(item, {"seconds", "prompt"}, "prompt");
    read_field(item, "seconds", "a number", p.seconds);
    read_field(item, "prompt", "a text", p.prompt);
    prompts.push_back(p);
  }
  return prompts;
}

void read_flag(const base::Json& json, const char* key, bool& value) {
  if (!json.contains(key)) return;
  if (!json[key].is_boolean())
    throw base::UsageError("the request's '{}' must be true or false, got {}", key, json[key].dump().substr(0, 80));
  value = json[key];
}

std::string dtype_from_json(const base::Json& json) {
  if (json == "auto" || json == "bf16" || json == "fp32") return json;
  throw base::UsageError("the request's 'dtype' must be auto, bf16 or fp32, got {}", json.dump().substr(0, 80));
}

}  // namespace

base::Json to_json(const Request& r, const model::Identity& model) {
  base::Json conditions = base::Json::array();
  for (const Condition& c : r.conditions) conditions.push_back(condition_to_json(c));
  base::Json json{{"schema", schema},
                  {"program", std::string("zoetrope ") + base::version()},
                  {"model", model::to_json(model)},
                  {"prompt", r.prompt},
                  {"class_label", r.class_label}};
  json.update(model::to_json(r));
  json.update({{"dtype", r.dtype}, {"seed", r.seed}, {"conditions", conditions}});
  if (r.loop) json["loop"] = true;
  if (!r.sound) json["sound"] = false;
  for (const TimedPrompt& p : r.prompts) json["prompts"].push_back({{"seconds", p.seconds}, {"prompt", p.prompt}});
  return json;
}

base::Json translate_request_1(base::Json json) {
  json = model::translate_settings_1(json);
  if (json.contains("conditions") && json["conditions"].is_array())
    for (base::Json& condition : json["conditions"]) {
      model::rename_key(condition, "when", "frame_index"), model::rename_key(condition, "noise", "denoise");
      if (condition.is_object() && condition.value("frame_index", base::Json()) == -1) condition["frame_index"] = "last";
    }
  if (base::Json extend = json.value("extend", base::Json("no"));
      extend != "no" && json["conditions"].is_array() && !json["conditions"].empty())
    json["conditions"][0]["frame_index"] = extend;
  json.erase("extend");
  json["schema"] = schema;
  return json;
}

Request request_from_json(const base::Json& json, Request r) {
  if (!json.is_object()) throw base::UsageError("a request must be a JSON object, got {}", json.dump().substr(0, 80));
  const base::Json found = json.value("schema", base::Json(schema));
  if (found != schema && found != schema_1)
    throw base::UsageError("the request has schema {}, this program reads \"{}\" and \"{}\"", found.dump().substr(0, 80), schema_1, schema);
  if (found == schema_1 || json.contains("extend")) return request_from_json(translate_request_1(json), std::move(r));
  std::vector<std::string> keys{"schema",     "program", "model", "prompt",  "class_label", "dtype", "seed",
                                "conditions", "loop",    "sound", "prompts", "marks"};  // the last: of the file, not of the clip
  keys.insert(keys.end(), model::settings_keys().begin(), model::settings_keys().end());
  refuse_unknown_keys(json, keys, "request");
  model_of(json);  // refuses what is none
  r.use(model::settings_from_json(json, r));
  read_field(json, "prompt", "a text", r.prompt);
  read_field(json, "class_label", "a text, the number or name of a class", r.class_label);
  if (json.contains("dtype")) r.dtype = dtype_from_json(json["dtype"]);
  read_field(json, "seed", "a whole number from 0", r.seed);
  if (json.contains("prompts")) r.prompts = prompts_from_json(json["prompts"]);
  read_flag(json, "loop", r.loop);
  read_flag(json, "sound", r.sound);
  if (json.contains("conditions")) {
    if (!json["conditions"].is_array())
      throw base::UsageError("the request's 'conditions' must be a list, got {}", json["conditions"].dump().substr(0, 80));
    r.conditions.clear();
    for (const base::Json& item : json["conditions"]) r.conditions.push_back(condition_from_json(item));
  }
  return r;
}

std::optional<model::Identity> model_of(const base::Json& json) {
  if (!json.is_object() || !json.contains("model")) return std::nullopt;
  return model::identity_from_json(json["model"]);
}

}  // namespace zoetrope::generation
