#include "zoetrope/evaluation/training_settings.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"

namespace zoetrope::evaluation {

world::Settings training_settings(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "zoetrope.json";
  const base::Json json = std::filesystem::exists(path) ? base::read_json(path) : base::Json::object();
  const auto world = base::Json::json_pointer("/trained_on/world");
  if (!json.contains(world))
    throw base::Error(
        "{} does not say on which world the model was trained (trained_on.world): only models of the toy world can be evaluated",
        path.string());
  try {
    return world::settings_from_json(json.at(world));
  } catch (const base::UsageError& error) {
    throw base::Error("{}: {}", path.string(), error.what());
  }
}

}  // namespace zoetrope::evaluation
