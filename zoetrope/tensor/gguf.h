#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "zoetrope/tensor/gguf_header.h"

namespace zoetrope::tensor {

/// A tensor that is to be written into a GGUF file: what it is, and how to get it when its turn has come.
struct GgufTensor {
  std::vector<int64_t> shape;
  at::ScalarType dtype = at::kFloat;
  const BlockType* blocks = nullptr;  // in blocks of this type; `dtype` is then not read
  std::function<Tensor()> read;       // the numbers, on any device and in any dtype
};

/// Writes the tensors as one file, atomically, and one after the other: there is never more than one of them in memory. The same tensors
/// give the same bytes.
void write_gguf(const std::filesystem::path& path, const std::map<std::string, GgufTensor>& tensors,
                const std::vector<std::pair<std::string, std::variant<std::string, uint32_t>>>& metadata);

}  // namespace zoetrope::tensor
