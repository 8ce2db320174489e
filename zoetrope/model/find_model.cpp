#include "zoetrope/model/find_model.h"

#include <cstdlib>
#include <sstream>

#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

std::vector<std::filesystem::path> model_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* given = std::getenv("ZOETROPE_MODELS")) {
    std::istringstream stream(given);
    for (std::string folder; std::getline(stream, folder, ':');)
      if (!folder.empty()) folders.emplace_back(folder);
  }
  std::error_code failed;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  if (!failed) {
    folders.push_back(program.parent_path() / "models");
    folders.push_back(program.parent_path() / "share" / "zoetrope" / "models");
  }
  folders.emplace_back("models");
  return folders;
}

}  // namespace

std::filesystem::path find_model(const std::string& name) {
  if (std::filesystem::is_directory(name)) return name;
  std::vector<std::string> places;
  for (const std::filesystem::path& folder : model_folders()) {
    if (std::filesystem::is_directory(folder / name)) return folder / name;
    places.push_back(folder.string());
  }
  throw base::UsageError("there is no model '{}': it is not a folder, and not a model in {}; name a folder, or set ZOETROPE_MODELS", name,
                         fmt::join(places, ", "));
}

}  // namespace zoetrope::model
