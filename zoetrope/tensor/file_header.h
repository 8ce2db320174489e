#pragma once
#include <map>
#include <string>
#include <vector>

#include "zoetrope/base/tensor.h"
#include "zoetrope/tensor/block_types.h"

namespace zoetrope::tensor {

/// Where one tensor lies in a file, and what it is.
struct TensorEntry {
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  size_t begin, end;                  // bytes, counted from the start of the data
  const BlockType* blocks = nullptr;  // how its numbers are stored if in blocks; `dtype` is then that of the bytes
};

/// What a file of named tensors says about itself.
struct FileHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  size_t data_start;  // bytes, counted from the start of the file
};

}  // namespace zoetrope::tensor
