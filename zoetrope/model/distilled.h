#pragma once
#include <filesystem>
#include <map>

#include "zoetrope/base/tensor.h"
#include "zoetrope/model/sampling_settings.h"

namespace zoetrope::model {

/// A native model that was distilled: a LoRA in its folder makes few steps do, and imitates guidance in one evaluation of the network.
struct Distilled {
  std::filesystem::path lora;  // in the model's folder
  int64_t steps = 4;

  /// The names of the settings with the LoRA, the default, and of those without.
  static constexpr const char* fast = "fast";
  static constexpr const char* full = "full";
};

/// What the model's zoetrope.json says of it; nothing for models that were not distilled.
std::optional<Distilled> distilled(const base::Json& json);

/// Writes the LoRA into a model's folder, and into its zoetrope.json that it is there. `updates` are named as in diffusers.
void write_distilled(const std::filesystem::path& folder, int64_t steps, const std::map<std::string, Tensor>& updates);

}  // namespace zoetrope::model
