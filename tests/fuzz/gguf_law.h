#pragma once
#include <cstdlib>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/gguf_header.h"

namespace zoetrope::tensor {

/// The law that holds for any bytes, or the program aborts: either they are refused by an error of ours (false), or every tensor lies in
/// the file, is as long as its shape says, and overlaps none (true).
inline bool gguf_law(std::span<const std::byte> bytes) {
  try {
    FileHeader header = parse_gguf_header(bytes, "x");
    size_t covered = 0;
    for (auto& [name, tensor] : header.tensors) {
      if (tensor.begin > tensor.end || header.data_start + tensor.end > bytes.size()) std::abort();
      size_t numbers = 1;
      for (int64_t side : tensor.shape) numbers *= static_cast<size_t>(side);
      const BlockType* blocks = tensor.blocks;
      const size_t stored =
          blocks == nullptr ? numbers * at::elementSize(tensor.dtype) : numbers / static_cast<size_t>(blocks->numbers) * blocks->bytes;
      if (stored != tensor.end - tensor.begin) std::abort();
      covered += stored;
    }
    if (covered > bytes.size()) std::abort();
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace zoetrope::tensor
