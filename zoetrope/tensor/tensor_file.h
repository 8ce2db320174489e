#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "zoetrope/tensor/file_header.h"

namespace zoetrope::tensor {

/// Whether the first bytes of a file say that it is GGUF.
bool is_gguf(const std::filesystem::path& path);

/// A file of named tensors, mapped into memory: opening reads the header alone, and pages are read when they are used.
class TensorFile {
 public:
  /// Reads and checks the header of a whole file; an error names `path` and what is wrong with it.
  using ParseHeader = FileHeader (*)(std::span<const std::byte> file, const std::string& path);

  TensorFile(const std::filesystem::path& path, ParseHeader parse);
  /// GGUF where the first bytes say so, else safetensors.
  static TensorFile open(const std::filesystem::path& path);

  bool has(const std::string& name) const { return header_.tensors.contains(name); }
  /// All names, sorted.
  std::vector<std::string> names() const;
  /// What the header says about `name`, or an error that names it.
  const TensorEntry& entry(const std::string& name) const;
  /// The tensor on the CPU, a read-only view into the mapping that it keeps alive. (Copied only where a file is laid out so badly that
  /// its numbers are not aligned, or says "true" by another byte than 1.) Of numbers in blocks these are the bytes, [..., bytes of a row].
  Tensor tensor(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  /// Takes the file's pages out of this process's memory; those that are used again are read again.
  void drop_pages() const;

 private:
  std::string path_;
  std::shared_ptr<const std::byte> bytes_;  // the mapping
  size_t size_;                             // of it
  FileHeader header_;
};

}  // namespace zoetrope::tensor
