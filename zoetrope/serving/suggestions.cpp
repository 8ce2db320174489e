#include "zoetrope/serving/suggestions.h"

#include <set>
#include <string>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::serving {

std::vector<world::Captions> suggested_prompts(const base::Json& settings, uint64_t seed, int64_t count) try {
  world::Settings part = world::settings_from_json(settings.at("trained_on").at("world"));
  std::vector<world::Captions> prompts;
  std::set<std::string> things;
  const int64_t tries = 8 * count;
  for (int64_t i = 0; i < tries && std::ssize(prompts) < count; ++i) {
    const uint64_t drawn = base::derive_seed({seed, static_cast<uint64_t>(i)});
    const world::Scenario scenario = world::draw(part, drawn, {});
    if (things.insert(scenario.objects.at(0).name).second) prompts.push_back(world::caption(scenario, drawn));
  }
  return prompts;
} catch (const base::Json::exception&) {
  return {};  // it does not tell
} catch (const base::UsageError&) {
  return {};  // it tells of a world that this program does not know
}

}  // namespace zoetrope::serving
