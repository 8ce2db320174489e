#include "zoetrope/world/settings.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr size_t shipped_objects = 30, shipped_scenes = 10, shipped_motions = 10;  // each table begins with what the shipped model learns

template <class Entry>
std::vector<std::string> first_names(const std::vector<Entry>& entries, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(count, entries.size()); ++i) names.push_back(entries[i].name);
  return names;
}

template <class Entry>
void read_names(const base::Json& json, const char* key, const std::vector<Entry>& known, std::vector<std::string>& names) {
  if (!json.contains(key)) return;
  const base::Json& value = json[key];
  std::vector<std::string> all = first_names(known, known.size());
  if (value == "all") {
    names = all;
    return;
  }
  if (!value.is_array()) throw base::UsageError("world settings: \"{}\" must be a list of names or \"all\", got {}", key, value.dump());
  names.clear();
  for (const base::Json& item : value) {
    if (!item.is_string() || std::find(all.begin(), all.end(), item.get<std::string>()) == all.end())
      throw base::UsageError("world settings: {} is not among the known {}: {}", item.dump(), key, fmt::join(all, ", "));
    names.push_back(item);
  }
}

template <class T>
void read_value(const base::Json& json, const char* key, const char* wanted, T& value) {
  if (!json.contains(key)) return;
  const base::Json& given = json[key];
  bool fits = std::is_same_v<T, bool>       ? given.is_boolean()
              : std::is_same_v<T, double>   ? given.is_number()
              : std::is_same_v<T, uint64_t> ? given.is_number_unsigned()
                                            : given.is_number_integer();
  if (!fits) throw base::UsageError("world settings: \"{}\" must be {}, got {}", key, wanted, given.dump());
  value = given.get<T>();
}

void check(const Settings& s) {
  if (s.objects.empty() && s.shapes.empty())
    throw base::UsageError("world settings: \"objects\" and \"shapes\" are both empty; name at least one");
  if (!s.shapes.empty() && s.colours.empty()) throw base::UsageError("world settings: \"colours\" is empty, but shapes need one");
  if (s.scenes.empty()) throw base::UsageError("world settings: \"scenes\" is empty; name at least one");
  if (s.motions.empty()) throw base::UsageError("world settings: \"motions\" is empty; name at least one");
  if (s.max_objects < 1 || s.max_objects > 2)
    throw base::UsageError("world settings: \"max_objects\" must be 1 or 2, got {}", s.max_objects);
  if (!(s.smallest >= .05 && s.smallest <= s.largest && s.largest <= .6))
    throw base::UsageError("world settings: sizes must be within .05 <= smallest <= largest <= .6, got {} and {}", s.smallest, s.largest);
  for (auto [key, part] : {std::pair{"occluded", s.occluded}, {"steered", s.steered}})
    if (!(part >= 0 && part <= 1)) throw base::UsageError("world settings: \"{}\" must be from 0 to 1, got {}", key, part);
  if (std::find(s.motions.begin(), s.motions.end(), "collides") != s.motions.end() && s.max_objects < 2)
    throw base::UsageError("world settings: the motion \"collides\" needs \"max_objects\": 2, got {}", s.max_objects);
}

}  // namespace

Settings::Settings()
    : objects(first_names(emoji(), shipped_objects)),
      shapes(first_names(world::shapes(), world::shapes().size())),
      colours(first_names(world::colours(), world::colours().size())),
      scenes(first_names(world::scenes(), shipped_scenes)),
      motions(first_names(world::motions(), shipped_motions)) {}

Settings settings_from_json(const base::Json& json) {
  if (!json.is_object()) throw base::UsageError("world settings must be a JSON object, got {}", json.dump().substr(0, 60));
  Settings s;
  base::Json known = to_json(s);
  for (const auto& [key, value] : json.items())
    if (!known.contains(key)) throw base::UsageError("world settings: unknown key \"{}\"", key);
  read_names(json, "objects", emoji(), s.objects);
  read_names(json, "shapes", shapes(), s.shapes);
  read_names(json, "colours", colours(), s.colours);
  read_names(json, "scenes", scenes(), s.scenes);
  read_names(json, "motions", motions(), s.motions);
  if (json.contains("split")) {
    s.split = json["split"].get<Split>();
    if (base::Json(s.split) != json["split"])
      throw base::UsageError("world settings: \"split\" must be train, held_out or all, got {}", json["split"].dump());
  }
  read_value(json, "max_objects", "1 or 2", s.max_objects);
  read_value(json, "smallest", "a number", s.smallest);
  read_value(json, "largest", "a number", s.largest);
  read_value(json, "occluded", "a number", s.occluded);
  read_value(json, "steered", "a number", s.steered);
  read_value(json, "camera", "true or false", s.camera);
  read_value(json, "night", "true or false", s.night);
  read_value(json, "seed", "a whole number from 0 on", s.seed);
  check(s);
  return s;
}

base::Json to_json(const Settings& s) {
  return {{"objects", s.objects}, {"shapes", s.shapes},     {"colours", s.colours},         {"scenes", s.scenes},
          {"motions", s.motions}, {"split", s.split},       {"max_objects", s.max_objects}, {"smallest", s.smallest},
          {"largest", s.largest}, {"occluded", s.occluded}, {"steered", s.steered},         {"camera", s.camera},
          {"night", s.night},     {"seed", s.seed}};
}

Settings read_settings(const std::filesystem::path& file) {
  constexpr size_t limit = 1 << 20;
  const base::Json json = base::Json::parse(base::read_file(file, limit), nullptr, false);
  if (json.is_discarded())
    throw base::UsageError("{}: this is not JSON; `zoetrope world list --json` prints settings to start from", file.string());
  try {
    return settings_from_json(json);
  } catch (const base::UsageError& error) {
    throw base::UsageError("{}: {}", file.string(), error.what());
  }
}

}  // namespace zoetrope::world
