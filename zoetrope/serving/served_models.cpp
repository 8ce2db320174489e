#include "zoetrope/serving/served_models.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/http/router.h"

namespace zoetrope::serving {

ServedModels::ServedModels(const std::vector<std::string>& names, const tensor::Placement& placement, LoraFolder loras)
    : placement_(placement), loras_(std::move(loras)) {
  const std::vector<model::ListedModel> all = model::list_models();
  auto is_usable = [](const model::ListedModel& m) { return m.problem.empty() && std::filesystem::is_directory(m.path); };
  auto add = [&](const std::string& name) {
    auto found = std::ranges::find(all, name, &model::ListedModel::name);
    if (found != all.end() && is_usable(*found)) models_.push_back(*found);
    return found != all.end() && is_usable(*found);
  };
  for (const std::string& name : names)
    if (!add(name)) throw base::InvalidRequest("models", "names '{}', which `zoetrope models` does not list as one that can be used", name);
  if (names.empty() && !add("toybox")) std::ranges::copy_if(all, std::back_inserter(models_), is_usable);
  if (models_.empty()) throw base::UsageError("there is no model on this machine; `zoetrope models` says where they are looked for");
}

ServedModels::Lent ServedModels::lend(const std::string& name, const std::vector<AskedLora>& loras) {
  auto found = name.empty() ? models_.begin() : std::ranges::find(models_, name, &model::ListedModel::name);
  if (found == models_.end())
    throw http::HttpError(404, "model_not_found", "there is no model '{}' here; GET /v1/models lists what is", name.substr(0, 80))
        .with_param("model");
  std::unique_lock lock(mutex_);
  model::ModelFiles files(found->path);
  loras_.add(loras, files);
  const std::string key = found->name + key_of(files);
  auto& model = loaded_[key];
  if (!model) {
    std::erase_if(loaded_, [&](const auto& other) { return other.first != key && other.second; });  // one at a time
    model = std::make_unique<model::Model>(model::Model::load(files, placement_));
  }
  return {found->name, *model, std::move(lock)};
}

}  // namespace zoetrope::serving
