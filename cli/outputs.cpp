#include "cli/outputs.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/generation/output_file.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

/// Whether a file is a source, or is in a folder that is one; a clip that was made there is none.
bool is_read(const fs::path& file, const fs::path& source) {
  std::error_code none;
  if (source.empty()) return false;
  if (fs::equivalent(file, source, none)) return true;
  if (!fs::is_directory(source, none)) return false;
  const fs::path inside = fs::canonical(file, none), folder = fs::canonical(source, none);
  return std::ranges::mismatch(folder, inside).in1 == folder.end() && !generation::read_carried_request(inside);
}

}  // namespace

void check_outputs(const std::vector<fs::path>& outputs, const std::vector<fs::path>& sources, const Output& output) {
  for (const fs::path& file : outputs) {
    std::error_code none;
    if (file.empty() || !fs::is_regular_file(file, none)) continue;
    if (std::ranges::any_of(sources, [&](const fs::path& source) { return is_read(file, source); }))
      throw base::UsageError("'{}' is read for this and would be written over; give the result another name", file.string());
    if (!output.overwrite && !generation::is_own_file(file))
      throw base::UsageError("'{}' exists and was not made by this program; give the result another name, or add --overwrite",
                             file.string());
  }
}

}  // namespace zoetrope::cli
