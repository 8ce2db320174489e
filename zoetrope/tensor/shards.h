#pragma once
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::tensor {

/// Writes tensors into a folder as `stem`.safetensors or, where they are more than `limit` bytes together, as shards
/// `stem`-00001-of-0000N.safetensors of at most that size (a tensor that is larger has a shard of its own) with the index that diffusers
/// and transformers read.
void write_shards(const std::filesystem::path& folder, const std::string& stem, const std::map<std::string, TensorToWrite>& tensors,
                  size_t limit);

}  // namespace zoetrope::tensor
