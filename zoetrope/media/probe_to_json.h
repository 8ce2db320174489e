#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"

namespace zoetrope::media {

/// What a video or image is: kind, bytes, width, height, frames, fps (a fraction as text), seconds, container, codec, sound (how it is
/// coded; absent without one), and the `request` that it carries (as JSON, or as text where it is none; absent without one). Any other file
/// is an error.
base::Json probe_to_json(const std::filesystem::path& path);

}  // namespace zoetrope::media
