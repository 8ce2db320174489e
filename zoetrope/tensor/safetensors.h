#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/tensor/safetensors_header.h"

namespace zoetrope::tensor {

/// A file of named tensors, mapped into memory: opening reads the header alone, and pages are read when they are used.
class SafetensorsFile {
 public:
  /// Checks the whole header; an error names the file and what is wrong with it.
  explicit SafetensorsFile(const std::filesystem::path& path);

  bool has(const std::string& name) const { return header_.tensors.contains(name); }
  /// All names, sorted.
  std::vector<std::string> names() const;
  /// What the header says about `name`, or an error that names it.
  const TensorEntry& entry(const std::string& name) const;
  /// The tensor on the CPU, a read-only view into the mapping that it keeps alive. (Copied only where a file is laid out so badly that
  /// its numbers are not aligned.)
  Tensor tensor(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }

 private:
  std::string path_;
  std::shared_ptr<const std::byte> bytes_;  // the mapping
  SafetensorsHeader header_;
};

/// Writes the tensors as one file, atomically, and one after the other: no second copy of all is made. Tensors on other devices are
/// brought to the CPU; floating ones are cast to `floating`, where given. The same tensors give the same bytes, whatever their order.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {}, std::optional<at::ScalarType> floating = {});

}  // namespace zoetrope::tensor
