#pragma once
#include <filesystem>

#include "zoetrope/world/settings.h"

namespace zoetrope::evaluation {

/// The world settings that the model in `folder` was trained on, from its zoetrope.json; an error if it has none.
world::Settings training_settings(const std::filesystem::path& folder);

}  // namespace zoetrope::evaluation
