#include "zoetrope/world/split.h"

#include <algorithm>

#include "zoetrope/base/random.h"

namespace zoetrope::world {
namespace {

bool pair_held_out(const std::string& first, const std::string& second) {
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (char c : first + "|" + second) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return base::derive_seed({hash}) % 8 == 0;
}

}  // namespace

bool held_out(const Scenario& scenario) {
  return std::any_of(scenario.objects.begin(), scenario.objects.end(), [&](const Object& o) {
    return held_out(o.name, o.colour, scenario.scene) || (!o.motion.empty() && pair_held_out(o.name, o.motion));
  });
}

bool held_out(const std::string& object, const std::string& colour, const std::string& scene) {
  return pair_held_out(object, scene) || (!colour.empty() && pair_held_out(colour, object));
}

}  // namespace zoetrope::world
