#include "zoetrope/model/list_models.h"

#include <algorithm>
#include <set>

#include "zoetrope/base/error.h"
#include "zoetrope/model/family.h"
#include "zoetrope/model/find_model.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> tasks_of(const Defaults& defaults) {
  if (defaults.makes_classes) return {"class to image"};
  if (defaults.requires_image) return {"image to video"};
  return {"text to video", "image to video", "extend", "join", "inpaint", "outpaint", "restyle"};
}

/// Fills in what a model's configuration says. A denoiser alone has no defaults: those need its autoencoder.
ListedModel listed(const std::string& name, const fs::path& path) {
  ListedModel model;
  model.name = name, model.path = path;
  try {
    ModelFiles files = fs::is_directory(path) ? ModelFiles(path) : ModelFiles({}, {{"transformer", path}});
    const Family& family = family_of(files);
    model.family = family.name;
    if (files.folder.empty()) return model;
    Defaults defaults = family.defaults(files);
    model.tasks = tasks_of(defaults);
    model.size = {defaults.settings.width, defaults.settings.height};
    model.frames = defaults.settings.frames;
  } catch (const std::exception& error) {
    model.family.clear();
    model.problem = error.what();
  }
  return model;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, failed)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<ListedModel> list_models() {
  std::vector<ListedModel> models;
  std::set<std::string> seen;  // of two models with a name, the first is found
  for (const fs::path& folder : model_folders())
    for (const fs::path& path : entries(folder))
      if (fs::exists(path / "model_index.json") && seen.insert(path.filename()).second) models.push_back(listed(path.filename(), path));

  constexpr std::string_view prefix = "models--";
  for (const fs::path& path : entries(hub_cache())) {
    std::string name = path.filename();
    size_t split = name.find("--", prefix.size());
    if (!name.starts_with(prefix) || split == name.npos) continue;
    name = name.substr(prefix.size(), split - prefix.size()) + "/" + name.substr(split + 2);
    if (fs::path snapshot = hub_snapshot(name); fs::exists(snapshot / "model_index.json")) models.push_back(listed(name, snapshot));
  }

  for (const fs::path& folder : comfyui_folders("transformer"))
    for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
      if (entry.path().extension() == ".safetensors" || entry.path().extension() == ".gguf")
        models.push_back(listed(entry.path().filename(), entry.path()));
  return models;
}

}  // namespace zoetrope::model
