#include "zoetrope/tensor/checkpoint.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/fp8.h"
#include "zoetrope/tensor/quantized.h"

namespace zoetrope::tensor {
namespace fs = std::filesystem;
namespace {

using base::Error;
using base::Json;

constexpr const char* weights_name = "diffusion_pytorch_model.safetensors";  // diffusers

bool is_called_pickle(const fs::path& path) {
  static const std::vector<std::string> suffixes{".bin", ".pth", ".pt", ".ckpt", ".pkl"};
  return std::find(suffixes.begin(), suffixes.end(), path.extension()) != suffixes.end();
}

/// The file that holds a component's weights, or the index of its shards. One that is called like a pickle says itself what it is.
fs::path find_weights(const fs::path& folder) {
  for (auto name : {weights_name, "model.safetensors"})
    if (fs::exists(folder / name)) return folder / name;

  std::vector<fs::path> indices, pickles;
  for (auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().ends_with(index_suffix)) indices.push_back(entry.path());
    if (is_called_pickle(entry.path())) pickles.push_back(entry.path());
  }
  if (indices.size() > 1) throw Error("{}: contains {} files *{}; name the one to read", folder.string(), indices.size(), index_suffix);
  if (indices.size() == 1) return indices[0];
  if (!pickles.empty()) return pickles[0];
  if (fs::exists(folder / "model_index.json"))
    throw Error("{}: is {}, not a component of one; name the component's folder in it, or its file", folder.string(),
                base::folder_kind(folder));
  throw Error("{}: contains no weights: neither {} nor model.safetensors nor *{}", folder.string(), weights_name, index_suffix);
}

}  // namespace

Checkpoint::Checkpoint(const fs::path& path, const Placement& placement) : WeightSource(placement), path_(path.string()) {
  if (!fs::exists(path)) {
    const std::string beside = base::folder_kind(path.parent_path());  // of a folder that was taken for a model's
    throw Error("{}: does not exist; {}", path_,
                beside == "a folder" ? "it should be a component's folder or a safetensors file"
                                     : fmt::format("'{}' is {}", path.parent_path().string(), beside));
  }
  if (fs::is_directory(path)) folder_ = path;
  fs::path weights = folder_.empty() ? path : find_weights(path);
  path_ = weights.string();
  if (path_.ends_with(index_suffix)) {
    open_shards(weights);
  } else {
    files_.push_back(TensorFile::open(weights));
    for (auto& name : files_[0].names()) places_[name] = {0, name};
  }
  rename(name_of_scale);
}

void Checkpoint::open_shards(const fs::path& index) {
  Json json = base::read_json(index);
  if (!json.contains("weight_map") || !json["weight_map"].is_object()) throw Error("{}: has no object 'weight_map'", path_);
  std::map<std::string, size_t> shards;
  for (auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw Error("{}: the shard of '{}' is not a file name", path_, name);
    fs::path file = shard.get<std::string>();
    if (!file.has_filename() || file != file.filename() || file == "..")
      throw Error("{}: the shard '{}' of '{}' is not a plain file name", path_, file.string(), name);
    auto [opened, is_new] = shards.try_emplace(file.string(), files_.size());
    if (is_new) files_.push_back(SafetensorsFile(index.parent_path() / file));
    if (!files_[opened->second].has(name)) throw Error("{}: the shard {} does not contain tensor '{}'", path_, file.string(), name);
    places_[name] = {opened->second, name};
  }
}

void Checkpoint::rename(const std::function<std::string(const std::string&)>& name_of) {
  std::map<std::string, Place> renamed;
  for (auto& [name, place] : places_)
    if (auto [other, is_new] = renamed.try_emplace(name_of(name), place); !is_new)
      throw Error("{}: '{}' and '{}' are two names of one parameter", path_, other->second.name, place.name);
  places_ = std::move(renamed);
}

void Checkpoint::select(const std::vector<std::string>& prefixes) {
  std::map<std::string, Place> selected;
  for (const auto& [name, place] : places_)
    for (const std::string& prefix : prefixes)
      if (name.starts_with(prefix)) {
        selected.try_emplace(name.substr(prefix.size()), place);
        break;
      }
  if (!selected.empty()) places_ = std::move(selected);
}

const Checkpoint::Place& Checkpoint::place_of(const std::string& name) const {
  auto found = places_.find(name);
  if (found == places_.end()) throw Error("{}: there is no parameter '{}' among its {}", path_, name, places_.size());
  return found->second;
}

const TensorEntry& Checkpoint::entry(const std::string& name) const {
  const Place& place = place_of(name);
  return files_[place.file].entry(place.name);
}

Tensor Checkpoint::get(const std::string& name, at::IntArrayRef shape) {
  const TensorEntry& found = entry(name);
  if (at::IntArrayRef(found.shape) != shape)
    throw Error("{}: parameter '{}' is [{}] in the file, this model needs [{}]", path_, name, fmt::join(found.shape, ","),
                fmt::join(shape, ","));
  auto [given, is_new] = given_.try_emplace(name);
  if (is_new) {
    const Place& place = place_of(name);
    Tensor value = files_[place.file].tensor(place.name);
    if (found.blocks != nullptr && !gives_blocks(name)) value = dequantize(value, *found.blocks);
    given->second = value.to(placement_.device);
    if (found.blocks != nullptr && !placement_.device.is_cpu()) given->second = given->second.to(placement_.dtype);
    if (cast_weights_ && at::isFloatingType(found.dtype)) given->second = given->second.to(placement_.dtype);
  }
  return given->second;
}

std::shared_ptr<const LinearKernel> Checkpoint::kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) {
  const std::string name = layer + ".weight";
  if (has(name) && gives_blocks(name)) return std::make_shared<QuantizedLinear>(weight, *entry(name).blocks, bias);
  const std::string scale = scale_of(name);
  return has(scale) ? std::make_shared<ScaledLinear>(weight, get(scale, entry(scale).shape).flatten(), bias) : nullptr;
}

bool Checkpoint::gives_blocks(const std::string& name) const {
  const TensorEntry& found = entry(name);
  return found.blocks != nullptr && found.shape.size() == 2 && placement_.device.is_cpu();
}

bool Checkpoint::is_scaled(const std::string& name) const { return has(scale_of(name)); }

Tensor Checkpoint::dequantized(const std::string& name) {
  Tensor value = get(name, entry(name).shape);
  if (gives_blocks(name)) return dequantize(value, *entry(name).blocks);
  if (!is_scaled(name)) return value;
  const TensorEntry& scale = entry(scale_of(name));
  if (value.dim() != 2 || !fits_rows(scale.shape, value.size(0)))
    throw Error("{}: '{}' [{}] has a scale of [{}]; only matrices with one number, or one per row, are supported", path_, name,
                fmt::join(value.sizes(), ","), fmt::join(scale.shape, ","));
  return value.to(at::kFloat) * get(scale_of(name), scale.shape).to(at::kFloat).view({-1, 1});
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> names;
  for (auto& [name, place] : places_) names.push_back(name);
  return names;
}

void Checkpoint::drop_pages() const {
  for (const TensorFile& file : files_) file.drop_pages();
}

std::vector<std::string> Checkpoint::unused() const {
  std::vector<std::string> names;
  for (auto& [name, place] : places_)
    if (!given_.contains(name)) names.push_back(name);
  return names;
}

bool has_weights(const fs::path& folder) {
  return std::ranges::any_of(fs::directory_iterator(folder), [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".safetensors" || entry.path().filename().string().ends_with(index_suffix);
  });
}

Json read_config(const fs::path& folder) { return base::read_json(folder / "config.json"); }

void save_component(const fs::path& folder, const Json& config, const std::map<std::string, Tensor>& tensors, at::ScalarType dtype) {
  write_safetensors(folder / weights_name, tensors, {{"format", "pt"}}, dtype);
  base::write_file(folder / "config.json", config.dump(2) + "\n");
}

}  // namespace zoetrope::tensor
