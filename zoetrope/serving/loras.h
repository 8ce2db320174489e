#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/model/identity.h"

namespace zoetrope::serving {

/// A LoRA file as a client asks for it.
struct AskedLora {
  std::string name;                  // of the list, never a path
  std::optional<double> scale = {};  // as the file was trained if not set
  std::string denoiser = "all";      // transformer, transformer_2, or all that the model has
  bool operator==(const AskedLora&) const = default;
};

/// What `lora` may be: a name, "NAME:SCALE", {"name", "scale", "target"} also under the names of SGLang and vLLM-Omni, or a list of these.
/// Of a path only its last part is heeded, as a name. An InvalidRequest says what is wrong.
std::vector<AskedLora> loras_from_json(const base::Json& json);

/// Those with which a request in its JSON form was made.
std::vector<AskedLora> loras_of(const base::Json& request);

/// The LoRA files that requests may name: those of a folder, each by its file name without .safetensors. What a client says is looked for
/// among these names, so none becomes a path.
class LoraFolder {
 public:
  /// Empty: there are none.
  explicit LoraFolder(std::filesystem::path folder = {}) : folder_(std::move(folder)) {}

  /// Those that are there now, by name.
  std::map<std::string, std::filesystem::path> list() const;
  /// An InvalidRequest about `lora` where there is none of that name.
  std::filesystem::path find(const std::string& name) const;
  /// Adds the files to a model, each to the denoisers that it is for.
  void add(const std::vector<AskedLora>& loras, model::ModelFiles& files) const;
  /// Adds those with which a model made what it is asked for, found by their names; another file of that name is refused.
  void add(const model::Identity& identity, model::ModelFiles& files) const;

 private:
  std::filesystem::path folder_;
};

/// Tells the LoRA files of a model, as they are now, from others; empty where it has none.
std::string key_of(const model::ModelFiles& files);

}  // namespace zoetrope::serving
