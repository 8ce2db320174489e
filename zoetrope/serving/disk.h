#pragma once
#include <cstdint>
#include <filesystem>

#include "zoetrope/serving/data_folder.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::serving {

/// Bytes that clips and uploads take together. A file that both have is counted once.
int64_t bytes_of(const DataFolder& data);

/// Notes that an upload is wanted now: its time to live begins anew.
void touch_upload(const std::filesystem::path& file);

/// Removes uploads that have not been wanted for `time_to_live` seconds, and that no unfinished job and no character names. Returns how
/// many.
int64_t sweep_uploads(const DataFolder& data, JobStore& store, double time_to_live);

}  // namespace zoetrope::serving
