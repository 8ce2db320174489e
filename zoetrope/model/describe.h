#pragma once
#include <filesystem>

#include "zoetrope/base/json.h"

namespace zoetrope::model {

/// What the folder or file at `path` is, by its `kind`:
///   "model"        a folder with model_index.json: class, components, parameters, bytes, licence, settings (its zoetrope.json)
///   "component"    a folder with config.json: class, parameters, bytes, dtypes, config
///   "safetensors"  a file or the index of a sharded one: parameters, bytes, dtypes, metadata, tensors (name, dtype, shape)
///   "gguf"         the same of a GGUF file
///   "video", "image"  as `media::describe` has it
/// `bytes` of weights are what they take in memory as they lie in the file; `bytes_fp32` what computing in fp32 takes. Only headers are
/// read. Anything else is an error.
base::Json describe(const std::filesystem::path& path);

}  // namespace zoetrope::model
