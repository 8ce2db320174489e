#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "zoetrope/model/list_models.h"
#include "zoetrope/model/model.h"
#include "zoetrope/serving/loras.h"

namespace zoetrope::serving {

/// The models whose jobs a server takes. One is loaded when it is first asked for, to resolve requests: its weights are mapped, so that
/// takes little memory. Which names there are is decided once.
class ServedModels {
 public:
  /// `names`: of `list_models`; empty for toybox, or else all that can be used.
  ServedModels(const std::vector<std::string>& names, const tensor::Placement& placement, LoraFolder loras = LoraFolder());

  const std::vector<model::ListedModel>& list() const { return models_; }
  /// A model while it is used: one request at a time.
  struct Lent {
    std::string name;
    const model::Model& model;
    std::unique_lock<std::mutex> lock;
  };
  /// By name, with LoRA files; the first one if it is empty. An HttpError (404) where there is none of that name.
  Lent lend(const std::string& name, const std::vector<AskedLora>& loras = {});
  const LoraFolder& loras() const { return loras_; }

 private:
  std::vector<model::ListedModel> models_;
  tensor::Placement placement_;
  LoraFolder loras_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<model::Model>> loaded_;  // by name and LoRA files
};

}  // namespace zoetrope::serving
