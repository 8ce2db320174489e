#include "zoetrope/serving/data_folder.h"

#include <cstdlib>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {

DataFolder default_data_folder() {
  auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (std::filesystem::path data = set("XDG_DATA_HOME"); !data.empty()) return {data / "zoetrope"};
  const std::filesystem::path home = set("HOME");
  if (home.empty()) throw base::UsageError("there is no folder for jobs: HOME is not set; name one");
  return {home / ".local" / "share" / "zoetrope"};
}

}  // namespace zoetrope::serving
