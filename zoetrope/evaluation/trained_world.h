#pragma once
#include <filesystem>

#include "zoetrope/world/settings.h"

namespace zoetrope::evaluation {

/// The part of the world that the model in `folder` was trained on, as its zoetrope.json tells; an error says so when it does not.
world::Settings trained_world(const std::filesystem::path& folder);

}  // namespace zoetrope::evaluation
