#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/safetensors.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// The weights of one component of a model: a safetensors or GGUF file, the index of sharded safetensors, or a folder that holds such
/// safetensors under the names that diffusers and transformers use. It remembers what was asked for, so that keys nobody knew can be
/// reported.
class Checkpoint : public WeightSource {
 public:
  /// Tensors keep the dtype of the file, and on the CPU stay mapped; `cast_weights` changes that.
  explicit Checkpoint(const std::filesystem::path& path, const Placement& placement = {});

  /// Gives tensors there from here on.
  void place(const Placement& placement) { placement_ = placement; }
  /// Casts floating-point tensors to the dtype of the placement from here on, once, when they are asked for.
  void cast_weights() { cast_weights_ = true; }

  /// Calls the parameters by other names from here on; two that would get the same name are an error.
  void rename(const std::function<std::string(const std::string&)>& name_of);
  /// Takes one component out of a file of several: if any name starts with one of the prefixes, keeps those that do, without the prefix.
  void select(const std::vector<std::string>& prefixes);

  /// A matrix in blocks (GGUF) on the CPU is given as its bytes [rows, bytes of a row], which its `kernel` reads; all else in blocks, and
  /// on another device, is given as numbers.
  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return places_.contains(name); }
  /// Layers of fp8 files multiply with the scale that stands beside their weight (fp8.h), those in blocks a few rows at a time
  /// (quantized.h).
  std::shared_ptr<const LinearKernel> kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) override;
  /// A parameter times its scale, or out of its blocks, in fp32; one that has neither is as `get` gives it.
  Tensor dequantized(const std::string& name);
  /// Whether a scale stands beside the parameter.
  bool is_scaled(const std::string& name) const;

  /// The file, or the index of its shards.
  const std::string& path() const { return path_; }
  /// The component's folder, with its config.json; empty for a file alone.
  const std::filesystem::path& folder() const { return folder_; }
  /// All names, sorted.
  std::vector<std::string> names() const;
  /// What the file says about `name`: shape and dtype, without reading it.
  const TensorEntry& entry(const std::string& name) const;
  /// What the file calls the parameter `name`, before any `rename`.
  const std::string& name_in_file(const std::string& name) const { return place_of(name).name; }
  /// Takes the pages of all files out of this process's memory; those that are used again are read again.
  void drop_pages() const;
  /// The names that `get` was not asked for, sorted.
  std::vector<std::string> unused() const;

 private:
  struct Place {
    size_t file;       // index into files_
    std::string name;  // in that file
  };

  void open_shards(const std::filesystem::path& index);
  const Place& place_of(const std::string& name) const;
  /// Whether `get` gives the parameter as bytes of blocks.
  bool gives_blocks(const std::string& name) const;

  std::string path_;
  std::filesystem::path folder_;
  bool cast_weights_ = false;
  std::vector<TensorFile> files_;
  std::map<std::string, Place> places_;
  std::map<std::string, Tensor> given_;
};

inline constexpr const char* index_suffix = ".safetensors.index.json";  // ends the name of a file that lists shards

/// Whether a folder holds safetensors files or an index of shards.
bool has_weights(const std::filesystem::path& folder);

/// The `config.json` of a component's folder: an object.
base::Json read_config(const std::filesystem::path& folder);
/// The same as the `Config` of a network.
template <class Config>
Config read_config(const std::filesystem::path& folder) {
  return base::read_json_as<Config>(folder / "config.json");
}

/// Writes a component as diffusers lays it out: `config.json` and `diffusion_pytorch_model.safetensors` with floating-point tensors in
/// `dtype`.
void save_component(const std::filesystem::path& folder, const base::Json& config, const std::map<std::string, Tensor>& tensors,
                    at::ScalarType dtype);

}  // namespace zoetrope::tensor
