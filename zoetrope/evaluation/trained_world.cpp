#include "zoetrope/evaluation/trained_world.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/read_json.h"

namespace zoetrope::evaluation {

world::Settings trained_world(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "zoetrope.json";
  const base::Json json = std::filesystem::exists(path) ? base::read_json(path) : base::Json::object();
  const auto world = base::Json::json_pointer("/trained_on/world");
  if (!json.contains(world))
    throw base::Error(
        "{} does not tell the world that the model was trained on (trained_on.world): only a model of the toy world can be judged in it",
        path.string());
  try {
    return world::settings_from_json(json.at(world));
  } catch (const base::UsageError& error) {
    throw base::Error("{}: {}", path.string(), error.what());
  }
}

}  // namespace zoetrope::evaluation
