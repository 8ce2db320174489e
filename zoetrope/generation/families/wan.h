#pragma once
#include "zoetrope/generation/family.h"

namespace zoetrope::generation {

/// Wan2.1 and Wan2.2 in the folders that diffusers writes (WanPipeline).
Family wan_family();

}  // namespace zoetrope::generation
