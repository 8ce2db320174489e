#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/world/world.h"

namespace zoetrope::world {

/// A look at the first `count` examples: a row of frames for each, evenly spaced, under its captions in both languages. -> [H,W,3] uint8.
Tensor contact_sheet(const World& world, const data::ClipShape& shape, int64_t count, base::Observer& observer, int64_t frames_per_row = 8);

}  // namespace zoetrope::world
