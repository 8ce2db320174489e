#include "zoetrope/model/find_model.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// "OWNER/NAME".
bool is_repository(const std::string& name) {
  return std::count(name.begin(), name.end(), '/') == 1 && name.front() != '/' && name.back() != '/' && name.front() != '.';
}

std::vector<std::string> shown(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) names.push_back(folder.string());
  return names;
}

/// The file called `name` in a folder, or anywhere below it; empty if there is none.
fs::path find_below(const fs::path& folder, const fs::path& name) {
  if (fs::exists(folder / name)) return folder / name;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (entry.path().filename() == name) return entry.path();
  return {};
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  std::istringstream stream(environment("ZOETROPE_MODELS"));
  for (std::string folder; std::getline(stream, folder, ':');)
    if (!folder.empty()) folders.emplace_back(folder);
  std::error_code failed;
  fs::path program = fs::read_symlink("/proc/self/exe", failed).parent_path();
  if (!failed) {
    folders.push_back(program.parent_path() / "models");
    folders.push_back(program.parent_path() / "share" / "zoetrope" / "models");
  }
  folders.emplace_back("models");
  return folders;
}

fs::path hub_cache() {
  if (std::string cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "huggingface" / "hub";
  return fs::path(environment("HOME")) / ".cache" / "huggingface" / "hub";
}

fs::path hub_snapshot(const std::string& repository) {
  if (!is_repository(repository)) return {};
  std::string name = repository;
  name.replace(name.find('/'), 1, "--");
  fs::path folder = hub_cache() / ("models--" + name), main = folder / "refs" / "main";
  if (!fs::is_regular_file(main)) return {};
  std::string commit = base::read_file(main, /*limit=*/256);
  commit.erase(std::remove_if(commit.begin(), commit.end(), [](unsigned char c) { return std::isspace(c); }), commit.end());
  fs::path snapshot = folder / "snapshots" / commit;
  return !commit.empty() && fs::is_directory(snapshot) ? snapshot : fs::path();
}

std::vector<fs::path> comfyui_folders(const std::string& component) {
  static const std::map<std::string, std::vector<std::string>> names{{"transformer", {"diffusion_models", "unet"}},
                                                                     {"transformer_2", {"diffusion_models", "unet"}},
                                                                     {"vae", {"vae"}},
                                                                     {"text_encoder", {"text_encoders", "clip"}},
                                                                     {"tokenizer", {"text_encoders", "clip"}},
                                                                     {"image_encoder", {"clip_vision"}},
                                                                     {"lora", {"loras"}}};
  std::vector<fs::path> folders;
  const std::string root = environment("ZOETROPE_COMFYUI");
  if (auto found = names.find(component); !root.empty() && found != names.end())
    for (const std::string& name : found->second)
      if (fs::is_directory(fs::path(root) / name)) folders.push_back(fs::path(root) / name);
  return folders;
}

fs::path find_model(const std::string& name) {
  if (fs::is_directory(name)) return name;
  for (const fs::path& folder : model_folders())
    if (fs::is_directory(folder / name)) return folder / name;
  if (is_repository(name)) {
    if (fs::path snapshot = hub_snapshot(name); !snapshot.empty()) return snapshot;
    throw base::UsageError(
        "there is no model '{}': it is not a folder, and not in the cache of Hugging Face, {}; download it with `hf download {}`", name,
        hub_cache().string(), name);
  }
  throw base::UsageError("there is no model '{}': it is not a folder, and not a model in {}; name a folder, or set ZOETROPE_MODELS", name,
                         fmt::join(shown(model_folders()), ", "));
}

fs::path find_component(const std::string& component, const std::string& name, const std::string& given_as) {
  const std::string& field = given_as.empty() ? component : given_as;
  if (fs::exists(name)) return name;
  std::vector<fs::path> folders = comfyui_folders(component);
  for (const fs::path& folder : folders)
    if (fs::path found = find_below(folder, name); !found.empty()) return found;
  if (folders.empty())
    throw base::InvalidRequest(
        field, "names '{}', which does not exist; for names of ComfyUI's files, set ZOETROPE_COMFYUI to its folder `models`", name);
  throw base::InvalidRequest(field, "names '{}', which does not exist and is not in {}", name, fmt::join(shown(folders), ", "));
}

}  // namespace zoetrope::model
