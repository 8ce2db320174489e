#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"

namespace zoetrope::base {

/// The JSON object in a file. -Infinity, Infinity and NaN, which Python writes and JSON has not, are null. Error where there is no object.
Json read_json(const std::filesystem::path& path);

}  // namespace zoetrope::base
