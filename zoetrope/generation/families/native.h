#pragma once
#include "zoetrope/generation/family.h"

namespace zoetrope::generation {
/// Zoetrope's own models.
Family native_family();
}  // namespace zoetrope::generation
