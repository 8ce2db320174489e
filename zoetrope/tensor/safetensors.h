#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/tensor/safetensors_header.h"
#include "zoetrope/tensor/tensor_file.h"

namespace zoetrope::tensor {

/// A safetensors file, mapped.
class SafetensorsFile : public TensorFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path) : TensorFile(path, parse_safetensors_header) {}
};

/// A tensor that is to be written: what it is, and how to get it when its turn has come.
struct TensorToWrite {
  std::vector<int64_t> shape;
  at::ScalarType dtype;
  std::function<Tensor()> read;  // on any device and in any dtype

  size_t bytes() const;
};

/// Writes the tensors as one file, atomically, and one after the other: there is never more than one of them in memory. The same tensors
/// give the same bytes.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Writes tensors that are in memory, or mapped. Floating ones are cast
/// to `dtype`, where given.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {}, std::optional<at::ScalarType> dtype = {});

}  // namespace zoetrope::tensor
