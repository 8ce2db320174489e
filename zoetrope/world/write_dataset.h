#pragma once
#include <filesystem>

#include "zoetrope/base/progress.h"
#include "zoetrope/world/world.h"

namespace zoetrope::world {

/// Writes the first `count` examples as an ordinary data set: NNNNNN.mp4 (NNNNNN.png for single images) and metadata.jsonl with a
/// line for each: file_name, caption, caption_zh, truth. The folder appears whole or not at all; one that exists is refused.
void write_dataset(const World& world, const data::ClipShape& shape, int64_t count, const std::filesystem::path& folder,
                   base::Observer& observer);

}  // namespace zoetrope::world
