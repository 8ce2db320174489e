#include "zoetrope/model/family.h"

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/model/families/families.h"

namespace zoetrope::model {

namespace {

const Family& family_of_file(const ModelFiles& files) {
  for (const Family& family : families())
    if (family.recognise_file != nullptr && family.recognise_file(files)) return family;
  throw base::UsageError("{}: is not the denoiser of a supported model; those of Wan2.1 and Wan2.2 are supported",
                         files.component("transformer").string());
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all{native_family(), wan_family(), dit_family()};
  return all;
}

const SamplingSettings& Defaults::preset(const std::string& name) const {
  std::vector<std::string> names;
  for (const SamplingSettings& preset : presets) {
    if (preset.preset == name) return preset;
    names.push_back(preset.preset);
  }
  if (names.empty()) throw base::InvalidRequest("preset", "cannot be used: this model has no presets, got '{}'", name);
  throw base::InvalidRequest("preset", "must be one of {} for this model, got '{}'", fmt::join(names, ", "), name);
}

const Family& family_of(const ModelFiles& files) {
  if (files.folder.empty()) return family_of_file(files);
  std::filesystem::path path = files.folder / "model_index.json";
  if (!std::filesystem::exists(path)) {
    const std::string kind = base::folder_kind(files.folder);
    throw base::UsageError("'{}' is not a model folder{}: it has no model_index.json; name a folder in the layout of diffusers",
                           files.folder.string(), kind == "a folder" ? "" : " but " + kind);
  }
  const base::Json index = base::read_json(path);
  for (const Family& family : families())
    if (family.recognise(index)) return family;
  throw base::UsageError("{}: models of the class {} are not supported", path.string(), index.value("_class_name", base::Json()).dump());
}

}  // namespace zoetrope::model
