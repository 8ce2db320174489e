#pragma once
#include <filesystem>
#include <string>

namespace zoetrope::model {

/// The folder of the model called `name`: a path, or a name that is looked up in the folders of ZOETROPE_MODELS, in `models` beside the
/// program's folder or the current one, and in share/zoetrope/models of the installation. An error lists the places.
std::filesystem::path find_model(const std::string& name);

}  // namespace zoetrope::model
