#include "zoetrope/model/model_files.h"

#include "zoetrope/base/error.h"

namespace zoetrope::model {

bool ModelFiles::has(const std::string& name) const {
  return parts.contains(name) || (!folder.empty() && std::filesystem::exists(folder / name));
}

std::string ModelFiles::unused() const {
  for (const auto& [name, path] : parts)
    if (!asked_.contains(name)) return name;
  return "";
}

tensor::Checkpoint ModelFiles::open(const std::string& name) const {
  std::filesystem::path path = component(name);
  auto& opened = opened_[name];
  if (!opened) opened = std::make_shared<const tensor::Checkpoint>(path);
  return *opened;
}

std::filesystem::path ModelFiles::component(const std::string& name) const {
  asked_.insert(name);
  if (auto part = parts.find(name); part != parts.end()) return part->second;
  if (!folder.empty()) return folder / name;
  throw base::InvalidRequest(name, "is needed: give its file, or a whole model folder");
}

}  // namespace zoetrope::model
