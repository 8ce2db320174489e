#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/model/model_files.h"

namespace zoetrope::model {

/// A LoRA file as generated files name it.
struct LoraIdentity {
  std::string denoiser;  // that it changes: transformer or transformer_2
  std::string name;      // of the file
  std::string sha256;    // of all of it
  double scale = 1;
  bool operator==(const LoraIdentity&) const = default;
};

/// Which model made a clip, by names and hashes and never by a path.
struct Identity {
  std::string sha256;     // over its configurations and, of each weight file and LoRA file, header, size and beginning
  std::string name = {};  // of its folder, or OWNER/NAME in the cache of Hugging Face; empty where all components are files
  std::map<std::string, std::string> parts = {};  // names of the files that stand for components of the folder, by component
  std::vector<LoraIdentity> loras = {};
  bool operator==(const Identity&) const = default;
};

Identity identity_of(const ModelFiles& files);

/// {"sha256", "name", "parts", "loras"}, each but the first only where there is something to tell. Reading also takes a hash alone, as it
/// stands in requests of before, and refuses unknown keys and values of the wrong kind with a UsageError.
base::Json to_json(const Identity& identity);
Identity identity_from_json(const base::Json& json);

/// "'toybox'", "'wan' with 'style.safetensors' (0.8)"; where no name is known "the one with SHA-256 0123abcd...".
std::string words_for(const Identity& identity);

/// The files of a model that made a clip, as far as they are on this machine: LoRA files and components in the folder `beside` or in
/// ComfyUI's folders, models by their name (`find_model`), and all of them where they were when they were used last. A UsageError names the
/// model and all that is missing. Without names it cannot be found, and the result is empty.
std::optional<ModelFiles> find_files(const Identity& identity, const std::filesystem::path& beside);

/// Notes where a model's files are, for `find_files`.
void remember_files(const ModelFiles& files, const Identity& identity);

}  // namespace zoetrope::model
