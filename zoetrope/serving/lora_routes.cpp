// LoRA files that requests may use: SGLang's way to list and set them.
#include "zoetrope/base/error.h"
#include "zoetrope/serving/api.h"

namespace zoetrope::serving {
namespace {

using base::Json;
using http::json_response;
using http::Request;
using http::Route;

Json lora_json(const AskedLora& lora) {
  return {{"nickname", lora.name}, {"path", lora.name}, {"strength", lora.scale.value_or(1)}, {"merged", false}};
}

/// The files that SGLang's fields name; they may be lists of the same length.
std::vector<AskedLora> set_loras(const Json& body) {
  for (const auto& [key, value] : body.items())
    if (key != "lora_nickname" && key != "lora_path" && key != "target" && key != "strength" && key != "merge_mode")
      throw base::InvalidRequest(key.substr(0, 80), "is no field; there are lora_nickname, lora_path, target and strength");
  const Json names = body.value("lora_nickname", body.value("lora_path", Json()));
  if (names.is_null()) throw base::InvalidRequest("lora_nickname", "is missing: name a LoRA file of GET /v1/list_loras");
  const size_t count = names.is_array() ? names.size() : 1;
  Json list = Json::array();
  for (size_t i = 0; i < count; ++i) {
    Json one = Json::object();
    for (const char* key : {"lora_nickname", "lora_path", "target", "strength"}) {
      if (!body.contains(key) || body[key].is_null()) continue;
      const bool is_list = body[key].is_array();
      if (is_list && body[key].size() != count) throw base::InvalidRequest(key, "must have {} values, as lora_nickname has", count);
      one[key] = is_list ? body[key][i] : body[key];
    }
    list.push_back(one);
  }
  return loras_from_json(list);
}

}  // namespace

std::vector<AskedLora> Api::loras_for(const Asked& asked, const Json& like) const {
  if (auto loras = asked.loras()) return *loras;
  if (auto loras = loras_of(like); !loras.empty()) return loras;
  std::lock_guard lock(loras_mutex_);
  return set_loras_;
}

std::vector<Route> Api::lora_routes() {
  return {
      {"GET", "/v1/list_loras", "The LoRA files that `lora` may name, and those that are set",
       [this](Request&) {
         Json loaded = Json::array(), active = Json::object();
         for (const auto& [name, file] : models_.loras().list()) loaded.push_back({{"nickname", name}, {"path", name}});
         std::lock_guard lock(loras_mutex_);
         for (const AskedLora& lora : set_loras_) active[lora.denoiser].push_back(lora_json(lora));
         return json_response({{"loaded_adapters", loaded}, {"active", active}});
       },
       "", "Loras"},
      {"POST", "/v1/set_lora", "Use a LoRA file in all requests that say nothing of any, from now on",
       [this](Request& request) {
         const std::vector<AskedLora> loras = set_loras(json_body(request));
         for (const AskedLora& lora : loras) models_.loras().find(lora.name);
         std::lock_guard lock(loras_mutex_);
         set_loras_ = loras;
         return json_response({{"status", "ok"}});
       },
       "SetLora", "Status"},
      {"POST", "/v1/unmerge_lora_weights", "Use none again in requests that say nothing of any",
       [this](Request&) {
         std::lock_guard lock(loras_mutex_);
         set_loras_.clear();
         return json_response({{"status", "ok"}});
       },
       "", "Status"},
  };
}

}  // namespace zoetrope::serving
