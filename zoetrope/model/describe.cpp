#include "zoetrope/model/describe.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/media/probe_to_json.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::model {
namespace fs = std::filesystem;
namespace {

using base::Json;

/// The dtype of a tensor, or the type of its blocks.
std::string type_name(const tensor::TensorEntry& entry) {
  return entry.blocks != nullptr ? entry.blocks->name : c10::toString(entry.dtype);
}

/// Numbers of a component's weights: how many there are, of which dtype, and the memory they take.
struct Weights {
  int64_t parameters = 0, bytes = 0, bytes_fp32 = 0;
  std::map<std::string, int64_t> dtypes;  // parameters of each

  Weights() = default;
  explicit Weights(const tensor::Checkpoint& checkpoint) {
    for (const std::string& name : checkpoint.names()) {
      const tensor::TensorEntry& entry = checkpoint.entry(name);
      int64_t count = c10::multiply_integers(entry.shape), size = static_cast<int64_t>(entry.end - entry.begin);
      parameters += count;
      bytes += size;
      bytes_fp32 += entry.blocks != nullptr || c10::isFloatingType(entry.dtype) ? 4 * count : size;
      dtypes[type_name(entry)] += count;
    }
  }

  Weights& operator+=(const Weights& other) {
    parameters += other.parameters;
    bytes += other.bytes;
    bytes_fp32 += other.bytes_fp32;
    for (const auto& [dtype, count] : other.dtypes) dtypes[dtype] += count;
    return *this;
  }

  void write_to(Json& json) const {
    json["parameters"] = parameters;
    json["bytes"] = bytes;
    json["bytes_fp32"] = bytes_fp32;
    json["dtypes"] = dtypes;
  }
};

Weights weights_of(const fs::path& folder) { return tensor::has_weights(folder) ? Weights(tensor::Checkpoint(folder)) : Weights(); }

/// The first of the names under which a configuration tells its class; empty when it does not.
std::string class_of(const Json& config) {
  if (auto named = config.find("_class_name"); named != config.end() && named->is_string()) return named->get<std::string>();
  auto list = config.find("architectures");
  return list != config.end() && list->is_array() && !list->empty() && list->front().is_string() ? list->front().get<std::string>() : "";
}

Json describe_component(const fs::path& folder) {
  Json config = base::read_json(folder / "config.json");
  Json json{{"kind", "component"}, {"path", folder.string()}, {"class", class_of(config)}};
  weights_of(folder).write_to(json);
  json["config"] = config;
  return json;
}

/// A part that model_index.json names as [library, class]; its folder may lack weights (tokenizers, schedulers).
Json describe_part(const fs::path& model, const std::string& name, const std::string& class_name, Weights& total) {
  if (name.find('/') != name.npos || name == "..")
    throw base::Error("{}: '{}' is not a valid component name", (model / "model_index.json").string(), name);
  fs::path folder = model / name;
  if (!fs::is_directory(folder))
    throw base::Error("{}: model_index.json names the component '{}', but its folder is missing", model.string(), name);
  Json json{{"name", name}, {"class", class_name}};
  Weights weights = weights_of(folder);
  weights.write_to(json);
  total += weights;
  if (fs::exists(folder / "config.json")) json["config"] = base::read_json(folder / "config.json");
  return json;
}

Json describe_model(const fs::path& folder) {
  Json index = base::read_json(folder / "model_index.json"), components = Json::array();
  Weights total;
  for (const auto& [name, what] : index.items()) {
    bool component = what.is_array() && what.size() == 2 && what[0].is_string() && what[1].is_string();  // [null, null]: left out
    if (component) components.push_back(describe_part(folder, name, what[1].get<std::string>(), total));
  }
  Json json{{"kind", "model"}, {"path", folder.string()}, {"class", class_of(index)}};
  total.write_to(json);
  json["components"] = components;
  if (fs::exists(folder / "zoetrope.json")) {
    Json settings = base::read_json(folder / "zoetrope.json");
    if (settings.contains("licence")) json["licence"] = settings["licence"];
    json["settings"] = settings;
  }
  return json;
}

Json describe_tensors(const fs::path& path) {
  tensor::Checkpoint checkpoint(path);
  Json json{{"kind", tensor::is_gguf(path) ? "gguf" : "safetensors"}, {"path", path.string()}}, tensors = Json::array();
  Weights(checkpoint).write_to(json);
  bool sharded = path.string().ends_with(tensor::index_suffix);
  json["metadata"] = sharded ? Json::object() : Json(tensor::TensorFile::open(path).metadata());
  for (const std::string& name : checkpoint.names()) {
    const tensor::TensorEntry& entry = checkpoint.entry(name);
    tensors.push_back({{"name", name}, {"dtype", type_name(entry)}, {"shape", entry.shape}});
  }
  json["tensors"] = tensors;
  return json;
}

}  // namespace

Json describe(const fs::path& path) {
  if (!fs::exists(path))
    throw base::Error("{}: does not exist; name a model folder, a safetensors file, a video or an image", path.string());
  if (fs::exists(path / "model_index.json")) return describe_model(path);
  if (fs::exists(path / "config.json")) return describe_component(path);
  if (fs::is_directory(path))
    throw base::Error("{}: is a folder without model_index.json and config.json, so it is not a model", path.string());
  const std::string name = path.string();
  const bool weights = base::read_file_kind(path).use == base::FileUse::weights;  // whatever it is called
  if (weights || name.ends_with(".safetensors") || name.ends_with(tensor::index_suffix)) return describe_tensors(path);
  return media::probe_to_json(path);
}

}  // namespace zoetrope::model
