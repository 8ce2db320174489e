#pragma once
#include "zoetrope/model/family.h"

namespace zoetrope::model {

/// Zoetrope's own models.
Family native_family();

/// Wan2.1 and Wan2.2 in the folders that diffusers writes (WanPipeline).
Family wan_family();

/// DiT, which makes images of the classes of ImageNet, in folders of diffusers' DiTPipeline. Presets: "diffusers" samples as its pipeline
/// does, "paper" as the original code of Peebles & Xie 2023.
Family dit_family();

}  // namespace zoetrope::model
