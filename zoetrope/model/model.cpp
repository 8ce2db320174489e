#include "zoetrope/model/model.h"

#include "zoetrope/base/error.h"

namespace zoetrope::model {
Model Model::load(const ModelFiles& given, const tensor::Placement& placement) {
  const Family& family = family_of(given);
  ModelFiles files = given;
  if (!files.loras.empty() && family.settle_loras == nullptr)
    throw base::InvalidRequest("lora", "cannot be used: models of the family '{}' do not take LoRA files", family.name);
  for (const auto& [name, loras] : files.loras)
    if (!files.has(name)) throw base::UsageError("'{}' is for a {}, which this model does not have", loras.front().file.string(), name);
  try {
    std::vector<std::string> notices;
    if (!files.loras.empty()) family.settle_loras(files, notices);
    Components components = family.load(files, placement);
    components.notices.insert(components.notices.begin(), notices.begin(), notices.end());
    if (std::string part = files.unused(); !part.empty())
      throw base::UsageError("this model has no {}, so '{}' would not be used; omit it", part, files.parts.at(part).string());
    if (files.loras.contains("transformer") && files.has("transformer_2") && !files.loras.contains("transformer_2"))
      components.notices.push_back(first_denoiser_notice(files.loras.at("transformer").front()));
    return Model(family, family.defaults(files), std::move(components), identity_of(files), placement);
  } catch (const base::Json::exception& wrong) {  // a missing key, a value of another type
    throw base::Error("the configuration of the model in '{}' is invalid: {}", files.folder.string(), wrong.what());
  }
}

Schedule Model::schedule(const SamplingSettings& settings) const {
  Schedule s = components_.schedule(settings);
  if (settings.timesteps.empty()) return s;
  s.parameterization.integer_timesteps = false;  // they are taken as they are
  s.sigmas.clear();
  for (double timestep : settings.timesteps) s.sigmas.push_back(s.parameterization.sigma(timestep));
  s.sigmas.push_back(0);
  return s;
}

}  // namespace zoetrope::model
