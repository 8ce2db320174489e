#pragma once
#include <cstdint>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/world/captions.h"

namespace zoetrope::serving {

/// Up to `count` prompts that a model can do, in both languages: captions of the part of the toy world that it was trained on, as
/// `trained_on.world` of its zoetrope.json tells it, each of another thing. None where it does not tell. The same seed gives the same ones.
std::vector<world::Captions> suggested_prompts(const base::Json& settings, uint64_t seed, int64_t count);

}  // namespace zoetrope::serving
