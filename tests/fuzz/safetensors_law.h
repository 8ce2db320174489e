#pragma once
#include <cstdlib>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/safetensors_header.h"

namespace zoetrope::tensor {

/// The law that holds for any bytes, or the program aborts: either they are refused by an error of ours (false), or all tensors together
/// are exactly the data of the file (true).
inline bool safetensors_law(std::span<const std::byte> bytes) {
  try {
    FileHeader header = parse_safetensors_header(bytes, "x");
    size_t covered = header.data_start;
    for (auto& [name, tensor] : header.tensors) {
      if (tensor.begin > tensor.end || header.data_start + tensor.end > bytes.size()) std::abort();
      covered += tensor.end - tensor.begin;
    }
    if (covered != bytes.size()) std::abort();
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace zoetrope::tensor
