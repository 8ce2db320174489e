#include "zoetrope/tensor/tensor_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/gguf_header.h"
#include "zoetrope/tensor/safetensors_header.h"

namespace zoetrope::tensor {
namespace {

using base::Error;

/// The whole file mapped for reading; empty files cannot be mapped and give a null pointer.
std::pair<std::shared_ptr<const std::byte>, size_t> map_file(const std::string& path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw Error("{}: cannot be opened: {}", path, std::strerror(errno));
  std::shared_ptr<void> closing(nullptr, [file](void*) { ::close(file); });
  struct stat status;
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) throw Error("{}: is not a file", path);
  auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return {nullptr, 0};
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) throw Error("{}: cannot be mapped into memory: {}", path, std::strerror(errno));
  return {{static_cast<const std::byte*>(bytes), [size](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); }}, size};
}

}  // namespace

TensorFile::TensorFile(const std::filesystem::path& path, ParseHeader parse) : path_(path.string()) {
  std::tie(bytes_, size_) = map_file(path_);
  header_ = parse({bytes_.get(), size_}, path_);
}

bool is_gguf(const std::filesystem::path& path) {
  std::array<char, gguf_magic.size()> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == gguf_magic;
}

TensorFile TensorFile::open(const std::filesystem::path& path) {
  return TensorFile(path, is_gguf(path) ? parse_gguf_header : parse_safetensors_header);
}

std::vector<std::string> TensorFile::names() const {
  std::vector<std::string> names;
  for (auto& [name, entry] : header_.tensors) names.push_back(name);
  return names;
}

const TensorEntry& TensorFile::entry(const std::string& name) const {
  auto found = header_.tensors.find(name);
  if (found == header_.tensors.end()) throw Error("{}: there is no tensor '{}' among its {}", path_, name, header_.tensors.size());
  return found->second;
}

Tensor TensorFile::tensor(const std::string& name) const {
  const TensorEntry& place = entry(name);
  const std::byte* data = bytes_.get() + header_.data_start + place.begin;
  if (place.blocks != nullptr) {
    std::vector<int64_t> shape = place.shape;
    shape.back() = static_cast<int64_t>(place.blocks->row_bytes(shape.back()));
    return at::from_blob(
        const_cast<std::byte*>(data), shape, [mapping = bytes_](void*) {}, at::kByte);
  }
  const bool other_truths =
      place.dtype == at::kBool && std::any_of(data, data + (place.end - place.begin), [](std::byte b) { return b > std::byte{1}; });
  if (other_truths) return at::from_blob(const_cast<std::byte*>(data), place.shape, at::kByte).ne(0);
  if (reinterpret_cast<uintptr_t>(data) % at::elementSize(place.dtype) != 0) {
    Tensor aligned = at::empty(place.shape, place.dtype);
    std::memcpy(aligned.data_ptr(), data, place.end - place.begin);
    return aligned;
  }
  return at::from_blob(
      const_cast<std::byte*>(data), place.shape, [mapping = bytes_](void*) {}, at::TensorOptions(place.dtype));
}

void TensorFile::drop_pages() const {
  if (bytes_) ::madvise(const_cast<std::byte*>(bytes_.get()), size_, MADV_DONTNEED);  // nothing was written to them
}

}  // namespace zoetrope::tensor
