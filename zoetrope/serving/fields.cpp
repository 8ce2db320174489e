#include "zoetrope/serving/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "zoetrope/base/base64.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/read_values.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/serving/http/router.h"
#include "zoetrope/serving/http/url.h"
#include "zoetrope/serving/uploads.h"

namespace zoetrope::serving {
namespace {

using base::InvalidRequest;
using base::Json;
using base::read_number;
using Kind = Field::Kind;

const Field* find_field(const std::string& name) {
  for (const Field& field : request_fields())
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  constexpr int deepest = 64;
  int depth = 0;
  bool is_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_text && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      is_text = !is_text;
    else if (!is_text && (text[i] == '[' || text[i] == '{') && ++depth > deepest)
      return std::nullopt;
    else if (!is_text && (text[i] == ']' || text[i] == '}'))
      --depth;
  }
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? std::nullopt : std::optional(std::move(json));
}

namespace {

std::string shown(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.substr(0, 80);
}

/// Base64 as RFC 4648, section 4, has it, from the spellings that browsers and mails have as well: other digits for 62 and 63, lines.
std::string plain_base64(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  return text;
}

double read_aspect(const std::string& name, const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  auto width = read_number<double>(std::string_view(text).substr(0, colon)),
       height = read_number<double>(std::string_view(text).substr(std::min(colon + 1, text.size())));
  if (!width || !height || !(*width > 0 && *height > 0))
    throw InvalidRequest(name, "must be a width and a height like 16:9, got '{}'", text.substr(0, 80));
  return *width / *height;
}

/// Puts `value` at "a[b]" or "a" of an object.
void put(Json& object, const std::string& name, Json value) {
  const size_t open = name.find('[');
  if (open == name.npos || open == 0 || !name.ends_with(']') || name.size() < open + 3) {
    object[name] = std::move(value);
    return;
  }
  Json& inner = object[name.substr(0, open)];
  if (!inner.is_object()) inner = Json::object();
  inner[name.substr(open + 1, name.size() - open - 2)] = std::move(value);
}

}  // namespace

const std::vector<Field>& request_fields() {
  static const std::vector<Field> fields{
      {"prompt", Kind::text, "what to show, in English or Chinese"},
      {"model", Kind::text, "a name of GET /v1/models; by default the first one"},
      {"seconds", Kind::number, "length, rounded to the nearest possible one; of an extension, that of what is new"},
      {"size", Kind::text, "width and height: 128x96"},
      {"input_reference", Kind::media, "the first frame", "image"},
      {"image_reference", Kind::media, "the same (vLLM-Omni)", "image"},
      {"num_frames", Kind::whole_number, "frames instead of seconds", "frames"},
      {"fps", Kind::number, "frames per second"},
      {"num_inference_steps", Kind::whole_number, "steps of the sampler", "steps"},
      {"guidance_scale", Kind::number, "how strongly to follow the prompt, 0 to 100"},
      {"guidance_scale_2", Kind::number, "the same for the second expert of models with two"},
      {"negative_prompt", Kind::text, "what to avoid"},
      {"seed", Kind::whole_number, "another seed gives another clip; -1 draws one"},
      {"width", Kind::whole_number, "with height, instead of size", "size"},
      {"height", Kind::whole_number, "with width, instead of size", "size"},
      {"flow_shift", Kind::number, "above 1, more steps at high noise", "shift"},
      {"video", Kind::media, "a video to continue, or to change by mask, strength or outpaint: a file, or {\"id\": a finished video}"},
      {"video_end", Kind::media, "a second video: what lies between the two is made"},
      {"last_image", Kind::media, "the last frame"},
      {"mask", Kind::media, "white may change in the video or image, black is kept"},
      {"strength", Kind::number, "how much of the video or image may change, 0 to 1"},
      {"extend", Kind::text, "where the video is continued: after or before"},
      {"keyframes", Kind::json,
       "[{\"media\": a file of the form by its name, a data: URL or a file_id, \"seconds\" or \"frame\": when (else last), \"denoise\": "
       "0}]"},
      {"prompts", Kind::json, "prompts over time, after the first: [{\"seconds\": 4, \"prompt\": \"it jumps\"}]"},
      {"loop", Kind::boolean, "add the way from the end back to the beginning"},
      {"outpaint", Kind::json, "how the picture grows: {\"aspect\": \"16:9\"} or pixels {\"left\": 64, \"right\": 64}"},
      {"aspect", Kind::text, "shape instead of size: 16:9"},
      {"lora", Kind::json,
       "LoRA files by their names in GET /v1/list_loras: \"style\", \"style:0.8\", {\"name\": \"style\", \"scale\": 0.8, \"target\": "
       "\"transformer\"}, or a list of these; [] for none"},
      {"class_label", Kind::text, "number or name of a class, for models of classes"},
      {"sampler", Kind::text, "the sampler's name"},
      {"preset", Kind::text, "a set of sampling settings of the model"},
      {"guidance_interval", Kind::json, "[low, high]: the sigmas at which guidance applies"},
      {"guidance_rescale", Kind::number, "above 0, less contrast at high guidance; up to 1"},
      {"request", Kind::json, "a request in its JSON form (docs/requests.md), which the other fields change"},
      {"characters", Kind::json, "[{\"id\": a character}], for models with references"},
      {"priority", Kind::whole_number, "jobs of larger ones are made first, -100 to 100"},
      {"name", Kind::text, "of a character"},
      {"n", Kind::whole_number, "images, 1 to 10"},
      {"response_format", Kind::text, "of images: b64_json"},
      {"user", Kind::text, "is not used"},
  };
  return fields;
}

Json json_body(const http::Request& request) {
  Json json = Json::object();
  const std::string type = request.content_type();
  if (type == "multipart/form-data") {
    for (const http::Part& part : request.parts)
      if (!part.file) put(json, part.name, part.text);
  } else if (type == "application/json" || (type.empty() && !request.body.empty())) {
    std::optional<Json> body = parse_json(request.body);
    if (!body || !body->is_object()) throw http::HttpError(400, "invalid_json", "the body must be a JSON object");
    json = std::move(*body);
  } else if (!request.body.empty()) {
    throw http::HttpError(415, "unsupported_media_type", "the body must be multipart/form-data or application/json, got '{}'",
                          type.substr(0, 80));
  }
  return json;
}

Asked::Asked(const http::Request& request, const MediaSource& media) : source_(media), json_(json_body(request)) {
  for (const http::Part& part : request.parts)
    if (part.file) files_[part.name] = *part.file;
  auto refuse_unknown = [](const std::string& name) {
    throw http::HttpError(400, "unknown_parameter", "there is no field '{}'", name.substr(0, 80)).with_param(name.substr(0, 80));
  };
  for (auto entry = json_.begin(); entry != json_.end();) {
    if (find_field(entry.key()) == nullptr) refuse_unknown(entry.key());
    if (entry->is_null())
      entry = json_.erase(entry);
    else
      ++entry;
  }
  const bool has_list = json_.contains("keyframes");  // which names other files of the form
  for (const auto& [name, file] : files_)
    if (const Field* field = find_field(name); (field == nullptr || field->kind != Kind::media) && !has_list) refuse_unknown(name);
}

std::string Asked::text(const std::string& name, const std::string& otherwise) const {
  if (!json_.contains(name)) return otherwise;
  if (!json_[name].is_string()) throw InvalidRequest(name, "must be a text, got {}", shown(json_[name]));
  return json_[name];
}

std::optional<double> Asked::number(const std::string& name) const {
  if (!json_.contains(name)) return std::nullopt;
  const Json& value = json_[name];
  std::optional<double> number;
  if (value.is_number()) number = value.get<double>();
  if (value.is_string()) number = read_number<double>(value.get_ref<const std::string&>());
  if (!number || !std::isfinite(*number)) throw InvalidRequest(name, "must be a number, got '{}'", shown(value));
  return number;
}

std::optional<int64_t> Asked::whole_number(const std::string& name) const {
  if (!json_.contains(name)) return std::nullopt;
  const Json& value = json_[name];
  std::optional<int64_t> number;
  if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) number = value.get<int64_t>();
  if (value.is_string()) number = read_number<int64_t>(value.get_ref<const std::string&>());
  if (!number) throw InvalidRequest(name, "must be a whole number, got '{}'", shown(value));
  return number;
}

std::optional<Json> Asked::list(const std::string& name) const {
  if (!json_.contains(name)) return std::nullopt;
  if (!json_[name].is_string()) return json_[name];
  std::optional<Json> parsed = parse_json(json_[name].get_ref<const std::string&>());
  if (!parsed) throw InvalidRequest(name, "must be JSON, got '{}'", shown(json_[name]));
  return parsed;
}

std::optional<http::Upload> Asked::media(const std::string& name) const {
  std::optional<http::Upload> found;
  if (auto file = files_.find(name); file != files_.end())
    found = file->second;
  else if (json_.contains(name))
    found = media(name, json_[name]);
  if (!found) return std::nullopt;
  used_.push_back(*found);
  try {
    media::probe(found->file, {.pixels = source_.max_pixels, .seconds = source_.max_seconds});
  } catch (const base::Error& error) {
    throw InvalidRequest(name, "cannot be used: {}", error.what());
  }
  return found;
}

std::optional<http::Upload> Asked::media(const std::string& name, const Json& value) const {
  constexpr std::string_view data = "data:", base64 = ";base64,";
  if (value.is_object()) {
    for (const char* key : {"image_url", "video_url", "file_id"})
      if (value.contains(key)) return media(name, value[key]);
    if (value.contains("id") && value["id"].is_string()) return source_.clip_of(value["id"]);
    if (value.contains("url")) return media(name, value["url"]);
  }
  if (!value.is_string()) throw InvalidRequest(name, "must be a file, a data: URL, or an object with one, got {}", shown(value));
  const std::string& text = value.get_ref<const std::string&>();
  if (text.starts_with(data)) {
    const size_t comma = text.find(',');
    const std::string_view head = std::string_view(text).substr(0, std::min(comma + 1, text.size()));
    auto bytes = comma == text.npos       ? std::nullopt
                 : head.ends_with(base64) ? base::base64_decoded(plain_base64(text.substr(comma + 1)))
                                          : http::percent_decoded(std::string_view(text).substr(comma + 1));
    if (!bytes) throw InvalidRequest(name, "has a data: URL that cannot be decoded");
    const size_t slash = head.find('/');
    const std::string kind(head.substr(slash == head.npos ? head.size() : slash + 1, head.find_first_of(";,", slash) - slash - 1));
    return store_upload(source_.uploads, name + "." + kind, *bytes);
  }
  if (text.find("://") != text.npos)
    throw InvalidRequest(name, "is a URL, and none is ever fetched; upload the file, or send it as a data: URL");
  if (auto stored = find_upload(source_.uploads, text)) return stored;
  throw InvalidRequest(name, "must be a file, a data: URL, or the id of an upload, got '{}'", shown(value));
}

std::filesystem::path Asked::path(std::initializer_list<const char*> names) const {
  for (const char* name : names)
    if (auto found = media(name)) return found->file;
  return {};
}

generation::PartialRequest Asked::request() const {
  generation::PartialRequest asked;
  auto set_text = [&](const char* name, std::optional<std::string>& to) {
    if (json_.contains(name)) to = text(name);
  };
  set_text("prompt", asked.prompt), set_text("negative_prompt", asked.negative_prompt), set_text("class_label", asked.class_label);
  set_text("sampler", asked.sampler), set_text("preset", asked.preset), set_text("extend", asked.extend);
  if (asked.extend && *asked.extend != "after" && *asked.extend != "before")
    throw InvalidRequest("extend", "must be after or before, got '{}'", asked.extend->substr(0, 80));
  if (json_.contains("size")) {
    asked.size = base::read_size(text("size"));
    if (!asked.size) throw InvalidRequest("size", "must be a width and a height like 128x96, got '{}'", text("size").substr(0, 80));
  }
  auto width = whole_number("width"), height = whole_number("height");
  if (width.has_value() != height.has_value()) throw InvalidRequest(width ? "height" : "width", "is missing: give both, or size");
  if (width) asked.size = {*width, *height};
  if (json_.contains("aspect")) asked.aspect = read_aspect("aspect", text("aspect"));
  asked.seconds = number("seconds"), asked.frames = whole_number("num_frames");
  if (asked.frames) asked.seconds.reset();
  if (auto fps = number("fps")) {
    constexpr int64_t thousandths = 1000;
    if (!(*fps >= .001 && *fps <= 1e6)) throw InvalidRequest("fps", "must be above 0 and at most 240, got {}", *fps);
    const auto whole = static_cast<int64_t>(*fps);
    asked.fps =
        *fps == static_cast<double>(whole) ? media::Rational{whole, 1} : media::Rational{std::llround(*fps * thousandths), thousandths};
  }
  asked.steps = whole_number("num_inference_steps");
  asked.guidance_scale = number("guidance_scale"), asked.guidance_scale_2 = number("guidance_scale_2");
  asked.guidance_rescale = number("guidance_rescale"), asked.shift = number("flow_shift"), asked.strength = number("strength");
  if (auto interval = list("guidance_interval")) {
    if (!interval->is_array() || interval->size() != 2 || !(*interval)[0].is_number() || !(*interval)[1].is_number())
      throw InvalidRequest("guidance_interval", "must be two sigmas like [0.2, 0.8], got {}", shown(*interval));
    asked.guidance_interval = {(*interval)[0].get<double>(), (*interval)[1].get<double>()};
  }
  if (auto seed = whole_number("seed")) {
    if (*seed < -1) throw InvalidRequest("seed", "must be a whole number from 0, or -1 for one that is drawn, got {}", *seed);
    asked.seed = *seed == -1 ? std::random_device()() : static_cast<uint64_t>(*seed);
  }
  if (json_.contains("loop")) {
    const Json& value = json_["loop"];
    if (value != true && value != false && value != "true" && value != "false")
      throw InvalidRequest("loop", "must be true or false, got {}", shown(value));
    asked.loop = value == true || value == "true";
  }
  if (auto prompts = list("prompts")) {
    if (!prompts->is_array()) throw InvalidRequest("prompts", "must be a list, got {}", shown(*prompts));
    for (const Json& p : *prompts) {
      if (!p.is_object() || !p.contains("seconds") || !p["seconds"].is_number() || !p.contains("prompt") || !p["prompt"].is_string())
        throw InvalidRequest("prompts", "must have 'seconds' and 'prompt' each, got {}", shown(p));
      asked.prompts.push_back({p["seconds"].get<double>(), p["prompt"].get<std::string>()});
    }
  }
  if (auto outpaint = list("outpaint")) {
    if (!outpaint->is_object()) throw InvalidRequest("outpaint", "must be an object, got {}", shown(*outpaint));
    generation::Outpaint grow;
    for (const auto& [key, value] : outpaint->items()) {
      const std::map<std::string, int64_t*> sides{
          {"left", &grow.left}, {"top", &grow.top}, {"right", &grow.right}, {"bottom", &grow.bottom}};
      if (key == "aspect" && value.is_string())
        grow.aspect = read_aspect("outpaint", value);
      else if (sides.contains(key) && value.is_number_integer() && value >= 0 && value <= 8192)
        *sides.at(key) = value;
      else
        throw InvalidRequest("outpaint",
                             "must have an aspect like \"16:9\", or pixels from 0 to 8192 for left, top, right, bottom; got {} for '{}'",
                             shown(value), key.substr(0, 80));
    }
    asked.outpaint = grow;
  }
  asked.image = path({"input_reference", "image_reference"}), asked.last_image = path({"last_image"});
  asked.video = path({"video"}), asked.video_end = path({"video_end"}), asked.mask = path({"mask"});
  if (auto keyframes = list("keyframes")) {
    if (!keyframes->is_array()) throw InvalidRequest("keyframes", "must be a list, got {}", shown(*keyframes));
    for (const Json& k : *keyframes) {
      if (!k.is_object() || !k.contains("media")) throw InvalidRequest("keyframes", "must have 'media' each, got {}", shown(k));
      generation::Keyframe keyframe;
      auto file = k["media"].is_string() ? files_.find(k["media"].get<std::string>()) : files_.end();
      keyframe.media = file != files_.end() ? file->second.file : media("keyframes", k["media"])->file;
      if (k.contains("seconds") && k["seconds"].is_number()) keyframe.seconds = k["seconds"].get<double>();
      if (k.contains("frame") && k["frame"].is_number_integer()) keyframe.frame = k["frame"].get<int64_t>();
      if (k.contains("denoise") && k["denoise"].is_number()) keyframe.denoise = k["denoise"].get<double>();
      if (!(keyframe.denoise >= 0 && keyframe.denoise <= 1))
        throw InvalidRequest("keyframes", "may change from 0 to 1, got {}", keyframe.denoise);
      asked.keyframes.push_back(keyframe);
    }
  }
  if (auto from = list("request")) {
    asked.from = *from;
    if (from->is_object() && from->contains("conditions") && (*from)["conditions"].is_array())
      for (Json& condition : asked.from["conditions"]) {
        if (condition.is_object() && condition.contains("latents"))
          throw InvalidRequest("request", "goes on from kept latents, which cannot be uploaded: leave 'latents' out of its conditions");
        for (const char* key : {"media", "mask"})
          if (condition.is_object() && condition.contains(key)) {  // by hash alone: what it says of folders is not heeded
            const std::string hash = condition.value(key == std::string("media") ? "sha256" : fmt::format("{}_sha256", key), "");
            const std::string name = std::filesystem::path(condition[key].is_string() ? condition[key].get<std::string>() : "").filename();
            auto stored = find_upload(source_.uploads, name);
            if (!stored) stored = find_upload(source_.uploads, hash + std::filesystem::path(name).extension().string());
            if (!stored) throw InvalidRequest("request", "names '{}', which was not uploaded here", name.substr(0, 80));
            condition[key] = stored->file.string();
          }
      }
  }
  return asked;
}

std::optional<std::vector<AskedLora>> Asked::loras() const {
  if (!json_.contains("lora")) return std::nullopt;
  const Json& lora = json_["lora"];
  const bool is_json = lora.is_string() && lora.get_ref<const std::string&>().find_first_of("[{") == 0;
  return loras_from_json(is_json ? *list("lora") : lora);
}

std::string Asked::name_of(const std::string& field) const {
  for (const Field& known : request_fields())
    if (known.meaning == field && has(known.name)) return known.name;
  return field;
}

std::string Asked::in_clients_words(std::string sentence) const {
  auto replace = [&](const std::string& ours, const std::string& theirs) {
    for (size_t at = 0; !ours.empty() && (at = sentence.find(ours, at)) != sentence.npos; at += theirs.size())
      sentence.replace(at, ours.size(), theirs);
  };
  for (const http::Upload& upload : used_) replace(upload.file.string(), upload.name);
  for (const auto& [name, upload] : files_) replace(upload.file.string(), upload.name);
  replace(source_.uploads.string() + "/", "");
  return sentence;
}

}  // namespace zoetrope::serving
