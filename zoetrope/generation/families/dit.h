#pragma once
#include "zoetrope/generation/family.h"

namespace zoetrope::generation {
/// DiT, which makes pictures of the classes of ImageNet, in folders of diffusers' DiTPipeline. Presets: "diffusers" samples as its pipeline
/// does, "paper" as the original code of Peebles & Xie 2023.
Family dit_family();
}  // namespace zoetrope::generation
