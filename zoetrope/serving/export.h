#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope::serving {

/// What a finished clip can be had as, beside its own file: "gif", "webp", "frames" (a zip of PNG files), "last_frame" (a PNG).
const std::vector<std::string>& export_names();

/// The clip (or image) `source` in another form, beside it as export.gif, .webp, .zip or .png. It is made the first time that it is asked
/// for, and carries the request that the clip carries.
std::filesystem::path exported(const std::filesystem::path& source, const std::string& name);

}  // namespace zoetrope::serving
