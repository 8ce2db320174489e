#include "zoetrope/serving/loras.h"

#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/read_values.h"
#include "zoetrope/generation/request.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;
using base::InvalidRequest;
using base::Json;

constexpr const char *field = "lora", *suffix = ".safetensors";

std::string lora_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80); }

double checked_scale(const Json& json) {
  std::optional<double> scale;
  if (json.is_number()) scale = json.get<double>();
  if (json.is_string()) scale = base::read_number<double>(json.get_ref<const std::string&>());
  if (!scale || !std::isfinite(*scale) || std::abs(*scale) > 100)
    throw InvalidRequest(field, "has a scale that must be a number from -100 to 100, got {}", lora_text(json));
  return *scale;
}

/// "style.safetensors" is "style" as well.
std::string without_suffix(std::string name) {
  if (name.ends_with(suffix)) name.resize(name.size() - std::string_view(suffix).size());
  return name;
}

AskedLora named(const std::string& text) {
  const size_t colon = text.rfind(':');
  AskedLora lora{without_suffix(text.substr(0, colon))};
  if (colon != text.npos) lora.scale = checked_scale(text.substr(colon + 1));
  return lora;
}

AskedLora one(const Json& json) {
  if (json.is_string()) return named(json);
  if (!json.is_object()) throw InvalidRequest(field, "must be a name, an object with one, or a list of these, got {}", lora_text(json));
  AskedLora lora;
  std::string from_path;  // which counts: with SGLang and vLLM-Omni the name beside it is any
  for (const auto& [key, value] : json.items()) {
    if (key == "name" || key == "nickname" || key == "lora_name" || key == "lora_nickname") {
      if (!value.is_string()) throw InvalidRequest(field, "must have a text as its name, got {}", lora_text(value));
      lora.name = without_suffix(value);
    } else if (key == "scale" || key == "strength" || key == "lora_scale") {
      if (!value.is_null()) lora.scale = checked_scale(value);
    } else if (key == "target") {
      if (value != "all" && value != "transformer" && value != "transformer_2")
        throw InvalidRequest(field, "has a target that must be all, transformer or transformer_2, got {}", lora_text(value));
      lora.denoiser = value;
    } else if (key == "path" || key == "local_path" || key == "lora_path") {
      if (!value.is_string() && !value.is_null()) throw InvalidRequest(field, "must have a text as its {}, got {}", key, lora_text(value));
      if (value.is_string()) from_path = without_suffix(fs::path(value.get<std::string>()).filename().string());
    } else if (key != "int_id" && key != "lora_int_id") {  // a number by which vLLM-Omni remembers it
      throw InvalidRequest(field, "has no '{}'; it has name, scale and target", key.substr(0, 40));
    }
  }
  if (!from_path.empty()) lora.name = from_path;
  if (lora.name.empty()) throw InvalidRequest(field, "must have a name, got {}", lora_text(json));
  return lora;
}

}  // namespace

std::vector<AskedLora> loras_from_json(const Json& json) {
  constexpr size_t most = 16;
  std::vector<AskedLora> loras;
  if (!json.is_array()) {
    loras.push_back(one(json));
  } else {
    if (json.size() > most) throw InvalidRequest(field, "can name up to {} files, got {}", most, json.size());
    for (const Json& item : json) loras.push_back(one(item));
  }
  return loras;
}

std::vector<AskedLora> loras_of(const Json& request) {
  std::vector<AskedLora> loras;
  if (const auto model = generation::model_of(request))
    for (const model::LoraIdentity& lora : model->loras) loras.push_back({without_suffix(lora.name), lora.scale, lora.denoiser});
  return loras;
}

std::map<std::string, fs::path> LoraFolder::list() const {
  std::map<std::string, fs::path> found;
  std::error_code failed;
  if (folder_.empty()) return found;
  for (const auto& entry : fs::directory_iterator(folder_, failed))
    if (entry.path().extension() == suffix && entry.is_regular_file(failed))
      found[base::as_utf8(entry.path().stem().string())] = entry.path();
  return found;
}

fs::path LoraFolder::find(const std::string& name) const {
  if (folder_.empty()) throw InvalidRequest(field, "cannot be used: this server was given no folder of LoRA files");
  const auto all = list();
  auto found = all.find(name);
  if (found == all.end())
    throw InvalidRequest(field, "names '{}', which this server does not have; GET /v1/list_loras lists what it has", name.substr(0, 80));
  return found->second;
}

void LoraFolder::add(const std::vector<AskedLora>& loras, model::ModelFiles& files) const {
  for (const AskedLora& lora : loras) {
    const fs::path file = find(lora.name);
    for (const char* denoiser : {"transformer", "transformer_2"})
      if (lora.denoiser == denoiser || (lora.denoiser == "all" && files.has(denoiser))) files.loras[denoiser].push_back({file, lora.scale});
  }
}

void LoraFolder::add(const model::Identity& identity, model::ModelFiles& files) const {
  for (const model::LoraIdentity& lora : identity.loras) {
    const fs::path file = find(without_suffix(lora.name));
    if (base::sha256_of_file(file) != lora.sha256)
      throw InvalidRequest(field, "names '{}', which is another file now than when the request was made", lora.name.substr(0, 80));
    files.loras[lora.denoiser].push_back({file, lora.scale});
  }
}

std::string key_of(const model::ModelFiles& files) {
  std::string key;
  for (const auto& [denoiser, loras] : files.loras)
    for (const tensor::LoraSpec& lora : loras) {
      std::error_code failed;
      const auto changed = fs::last_write_time(lora.file, failed).time_since_epoch().count();
      key += fmt::format(" + {} {} {} {}", denoiser, lora.file.string(), lora.scale ? fmt::format("{}", *lora.scale) : "", changed);
    }
  return key;
}

}  // namespace zoetrope::serving
