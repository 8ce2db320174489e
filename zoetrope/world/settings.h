#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"

namespace zoetrope::world {

/// Which combinations of attributes are drawn (see split.h).
enum class Split { train, held_out, all };
NLOHMANN_JSON_SERIALIZE_ENUM(Split, {{Split::train, "train"}, {Split::held_out, "held_out"}, {Split::all, "all"}})

/// The part of the world that is drawn. The defaults are what the shipped model is trained on.
struct Settings {
  Settings();

  std::vector<std::string> objects;  // emoji by name
  std::vector<std::string> shapes;
  std::vector<std::string> colours;  // of shapes; an emoji has its own
  std::vector<std::string> scenes;
  std::vector<std::string> motions;
  Split split = Split::train;
  int max_objects = 1;
  double smallest = .25, largest = .45;  // size of an object as a part of the image's shorter side
  double occluded = 0;                   // part of the clips in which what goes to and fro, or is steered, passes behind a wall
  double steered = 0;                    // part of the clips whose object is steered by random actions
  bool camera = true;                    // a quarter of the clips pan or zoom slowly
  bool night = true;                     // outdoor scenes are sometimes drawn at night
  uint64_t seed = 0;
};

/// Reads settings; what is missing keeps its default, and "all" stands for a whole list. Unknown keys and names, empty lists and
/// impossible numbers are refused with a sentence.
Settings settings_from_json(const base::Json& json);
base::Json to_json(const Settings& settings);

/// The settings in a JSON file; errors name it.
Settings read_settings(const std::filesystem::path& file);

}  // namespace zoetrope::world
