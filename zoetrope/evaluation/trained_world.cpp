#include "zoetrope/evaluation/trained_world.h"

#include "zoetrope/base/atomic_file.h"
#include "zoetrope/base/error.h"

namespace zoetrope::evaluation {

world::Settings trained_world(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "zoetrope.json";
  base::Json json =
      std::filesystem::exists(path) ? base::Json::parse(base::read_file(path), nullptr, /*allow_exceptions=*/false) : base::Json();
  const auto world = base::Json::json_pointer("/trained_on/world");
  if (!json.is_object() || !json.contains(world))
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
