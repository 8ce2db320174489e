#include "zoetrope/model/distilled.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::model {
namespace {

constexpr const char* key = "distilled";

}  // namespace

std::optional<Distilled> distilled(const base::Json& json) {
  if (!json.contains(key)) return {};
  const base::Json& about = json[key];
  const base::Json file = about.is_object() ? about.value("lora", base::Json()) : base::Json();
  const base::Json steps = about.is_object() ? about.value("steps", base::Json()) : base::Json();
  const bool is_name = file.is_string() && !file.empty() && !std::filesystem::path(file.get<std::string>()).has_parent_path();
  if (!is_name || !steps.is_number_unsigned() || steps == 0)
    throw base::Error("'{}' of zoetrope.json must have the name of a file in the folder as 'lora', and 'steps' from 1, got {}", key,
                      about.dump().substr(0, 80));
  return Distilled{file.get<std::string>(), steps};
}

void write_distilled(const std::filesystem::path& folder, int64_t steps, const std::map<std::string, Tensor>& updates) {
  const std::string file = "distilled.safetensors";
  std::map<std::string, Tensor> stored;
  for (const auto& [name, value] : updates) stored["transformer." + name] = value.detach();
  tensor::write_safetensors(folder / file, stored, {}, at::kBFloat16);
  base::Json json = base::read_json(folder / "zoetrope.json");
  json[key] = {{"lora", file}, {"steps", steps}};
  base::write_file(folder / "zoetrope.json", json.dump(2) + "\n");
}

}  // namespace zoetrope::model
