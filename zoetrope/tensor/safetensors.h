#pragma once
#include <filesystem>
#include <functional>
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
  /// its numbers are not aligned, or says "true" by another byte than 1.)
  Tensor tensor(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  /// Takes the file's pages out of this process's memory; those that are used again are read again.
  void drop_pages() const;

 private:
  std::string path_;
  std::shared_ptr<const std::byte> bytes_;  // the mapping
  size_t size_;                             // of it
  SafetensorsHeader header_;
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
