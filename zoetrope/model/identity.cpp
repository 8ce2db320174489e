#include "zoetrope/model/identity.h"

#include <algorithm>
#include <fstream>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/known_places.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/json_fields.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

constexpr size_t hashed_beginning = size_t{1} << 20;  // bytes of a weight file: hashing all of a large model takes too long

std::string read_beginning(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(hashed_beginning, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

/// A line for each configuration and weight file of a folder, by its name there.
std::string fingerprint_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (std::string suffix = entry.path().extension();
        suffix == ".safetensors" || suffix == ".gguf" || suffix == ".json" || suffix == ".model")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files)
    all += fmt::format("{} {} {}\n", file.lexically_relative(folder).string(), fs::file_size(file), base::sha256(read_beginning(file)));
  return all;
}

std::string fingerprint_files(const ModelFiles& files) {
  std::string all = files.folder.empty() ? "" : fingerprint_folder(files.folder);
  for (const auto& [name, path] : files.parts)
    all += fs::is_directory(path) ? name + "\n" + fingerprint_folder(path)
                                  : fmt::format("{} {} {}\n", name, fs::file_size(path), base::sha256(read_beginning(path)));
  for (const auto& [name, loras] : files.loras)
    for (const tensor::LoraSpec& lora : loras)
      all += fmt::format("{} + {} * {}\n", name, lora.scale.value_or(1), base::sha256(read_beginning(lora.file)));
  return base::sha256(all);
}

/// The last part of a path that has one, as UTF-8: "wan" for /models/wan/ as well.
std::string last_part(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return base::as_utf8((normal.has_filename() ? normal : normal.parent_path()).filename().string());
}

/// OWNER/NAME for a snapshot in the cache of Hugging Face, .../models--OWNER--NAME/snapshots/COMMIT; else the folder's last part.
std::string name_of(const fs::path& folder) {
  constexpr std::string_view prefix = "models--", between = "--";
  const std::string repository = last_part(folder / ".." / "..");
  if (last_part(folder / "..") != "snapshots" || !repository.starts_with(prefix)) return last_part(folder);
  std::string name = repository.substr(prefix.size());
  if (size_t at = name.find(between); at != name.npos) name.replace(at, between.size(), "/");
  return name;
}

std::string place_key(const Identity& identity, const std::string& component) { return identity.sha256 + "." + component; }

/// The first of the places that exists and is what is wanted; empty if none is.
template <class IsWanted>
fs::path first_of(const std::vector<fs::path>& places, IsWanted&& is_wanted) {
  auto found = std::ranges::find_if(places, [&](const fs::path& p) { return !p.empty() && fs::exists(p) && is_wanted(p); });
  return found == places.end() ? fs::path() : *found;
}

/// The file of that name in ComfyUI's folders for a component; empty if there is none.
fs::path in_comfyui(const std::string& component, const std::string& name) try {
  return comfyui_folders(component).empty() ? fs::path() : find_component(component, name);
} catch (const base::UsageError&) {
  return {};
}

fs::path find_folder(const Identity& identity) {
  if (fs::path there = base::remembered_place(identity.sha256); !there.empty()) return there;
  try {
    return find_model(identity.name);
  } catch (const base::UsageError&) {
    return {};
  }
}

}  // namespace

Identity identity_of(const ModelFiles& files) {
  Identity identity{.sha256 = fingerprint_files(files)};
  if (!files.folder.empty()) identity.name = name_of(files.folder);
  for (const auto& [component, path] : files.parts) identity.parts[component] = last_part(path);
  for (const auto& [denoiser, loras] : files.loras)
    for (const tensor::LoraSpec& lora : loras)
      identity.loras.push_back({denoiser, last_part(lora.file), base::sha256_of_file(lora.file), lora.scale.value_or(1)});
  return identity;
}

base::Json to_json(const Identity& identity) {
  base::Json json{{"sha256", identity.sha256}};
  if (!identity.name.empty()) json["name"] = identity.name;
  if (!identity.parts.empty()) json["parts"] = identity.parts;
  for (const LoraIdentity& lora : identity.loras)
    json["loras"].push_back({{"denoiser", lora.denoiser}, {"name", lora.name}, {"sha256", lora.sha256}, {"scale", lora.scale}});
  return json;
}

Identity identity_from_json(const base::Json& json) {
  if (json.is_string()) return {.sha256 = json};
  if (!json.is_object()) throw base::UsageError("the request's 'model' must be an object, got {}", json.dump().substr(0, 80));
  refuse_unknown_keys(json, {"sha256", "name", "parts", "loras"}, "request's model");
  Identity identity;
  read_field(json, "sha256", "a hash", identity.sha256);
  read_field(json, "name", "a name", identity.name);
  const base::Json parts = json.value("parts", base::Json::object()), loras = json.value("loras", base::Json::array());
  if (!parts.is_object() || !std::ranges::all_of(parts, [](const base::Json& name) { return name.is_string(); }))
    throw base::UsageError("the parts of the request's 'model' must be names of files, got {}", parts.dump().substr(0, 80));
  if (!loras.is_array() || !std::ranges::all_of(loras, [](const base::Json& lora) { return lora.is_object(); }))
    throw base::UsageError("the 'loras' of the request's 'model' must be a list of objects, got {}", loras.dump().substr(0, 80));
  auto bare = [](const std::string& name) { return fs::path(name).filename().string(); };  // a file from elsewhere names no folders
  for (const auto& [component, name] : parts.items()) identity.parts[component] = bare(name);
  for (const base::Json& item : loras) {
    refuse_unknown_keys(item, {"denoiser", "name", "sha256", "scale"}, "LoRA file");
    LoraIdentity lora{"transformer", {}, {}};
    read_field(item, "denoiser", "a name", lora.denoiser);
    read_field(item, "name", "the name of a file", lora.name);
    read_field(item, "sha256", "a hash", lora.sha256);
    read_field(item, "scale", "a number", lora.scale);
    lora.name = bare(lora.name);
    identity.loras.push_back(lora);
  }
  return identity;
}

std::string words_for(const Identity& identity) {
  constexpr size_t told = 8;  // digits of a hash
  std::vector<std::string> with;
  for (const auto& [component, name] : identity.parts) with.push_back(fmt::format("'{}'", name));
  for (const LoraIdentity& lora : identity.loras) with.push_back(fmt::format("'{}' ({})", lora.name, lora.scale));
  if (!identity.name.empty()) return fmt::format("'{}'{}{}", identity.name, with.empty() ? "" : " with ", fmt::join(with, ", "));
  if (!with.empty()) return fmt::format("{}", fmt::join(with, ", "));
  return fmt::format("the one with SHA-256 {}...", identity.sha256.substr(0, told));
}

std::optional<ModelFiles> find_files(const Identity& identity, const fs::path& beside) {
  if (identity.name.empty() && identity.parts.empty()) return std::nullopt;
  ModelFiles files{fs::path()};
  std::vector<std::string> missing;
  auto keep = [&](const fs::path& found, const std::string& what) {
    if (found.empty()) missing.push_back(what);
    return found;
  };
  if (!identity.name.empty()) files.folder = keep(find_folder(identity), fmt::format("the model '{}'", identity.name));
  for (const auto& [component, name] : identity.parts)
    files.parts[component] =
        keep(first_of({beside / name, base::remembered_place(place_key(identity, component)), in_comfyui(component, name)},
                      [](const fs::path&) { return true; }),
             fmt::format("its {} '{}'", component, name));
  for (const LoraIdentity& lora : identity.loras) {
    auto is_same = [&](const fs::path& file) { return fs::is_regular_file(file) && base::sha256_of_file(file) == lora.sha256; };
    fs::path found = first_of({beside / lora.name, base::remembered_place(lora.sha256), lora.name, in_comfyui("lora", lora.name)}, is_same);
    files.loras[lora.denoiser].push_back({keep(found, fmt::format("the LoRA file '{}'", lora.name)), lora.scale});
  }
  if (!missing.empty())
    throw base::UsageError("the request was made by {}, and {} {} not on this machine: put files beside it, or name a model yourself",
                           words_for(identity), fmt::join(missing, " and "), missing.size() == 1 ? "is" : "are");
  return files;
}

void remember_files(const ModelFiles& files, const Identity& identity) {
  if (!files.folder.empty()) base::remember_place(identity.sha256, files.folder);
  for (const auto& [component, path] : files.parts) base::remember_place(place_key(identity, component), path);
  for (const LoraIdentity& lora : identity.loras)
    for (const tensor::LoraSpec& spec : files.loras.at(lora.denoiser))
      if (last_part(spec.file) == lora.name) base::remember_place(lora.sha256, spec.file);
}

}  // namespace zoetrope::model
