#include "zoetrope/tensor/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

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

/// The widest numbers first, so that each tensor is aligned without gaps; by name where they are equal.
std::vector<std::string> order_of_writing(const std::map<std::string, TensorToWrite>& tensors) {
  std::vector<std::string> names;
  for (auto& [name, tensor] : tensors) names.push_back(name);
  auto width = [&](const std::string& name) { return at::elementSize(tensors.at(name).dtype); };
  std::stable_sort(names.begin(), names.end(), [&](auto& a, auto& b) { return width(a) > width(b); });
  return names;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path.string()) {
  std::tie(bytes_, size_) = map_file(path_);
  header_ = parse_safetensors_header({bytes_.get(), size_}, path_);
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (auto& [name, entry] : header_.tensors) names.push_back(name);
  return names;
}

const TensorEntry& SafetensorsFile::entry(const std::string& name) const {
  auto found = header_.tensors.find(name);
  if (found == header_.tensors.end()) throw Error("{}: there is no tensor '{}' among its {}", path_, name, header_.tensors.size());
  return found->second;
}

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const TensorEntry& place = entry(name);
  const std::byte* data = bytes_.get() + header_.data_start + place.begin;
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

void SafetensorsFile::drop_pages() const {
  if (bytes_) ::madvise(const_cast<std::byte*>(bytes_.get()), size_, MADV_DONTNEED);  // nothing was written to them
}

size_t TensorToWrite::bytes() const {
  size_t count = at::elementSize(dtype);
  for (int64_t side : shape) count *= static_cast<size_t>(side);
  return count;
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  SafetensorsHeader header{{}, metadata, 0};
  std::vector<std::string> order = order_of_writing(tensors);
  size_t reached = 0;
  for (auto& name : order) {
    const TensorToWrite& tensor = tensors.at(name);
    header.tensors[name] = {tensor.dtype, tensor.shape, reached, reached + tensor.bytes()};
    reached += tensor.bytes();
  }

  base::AtomicFile file(path);
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream << format_safetensors_header(header, path.string());
  for (auto& name : order) {
    Tensor bytes = tensors.at(name).read().detach().to(at::kCPU, tensors.at(name).dtype).contiguous();
    stream.write(static_cast<const char*>(bytes.data_ptr()), static_cast<std::streamsize>(bytes.nbytes()));
  }
  stream.close();
  if (!stream) throw Error("{}: cannot be written: {}", path.string(), std::strerror(errno));
  file.commit();
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata, std::optional<at::ScalarType> dtype) {
  std::map<std::string, TensorToWrite> all;
  for (auto& [name, tensor] : tensors) {
    bool cast = dtype && at::isFloatingType(tensor.scalar_type());
    all[name] = {tensor.sizes().vec(), cast ? *dtype : tensor.scalar_type(), [tensor = tensor] { return tensor; }};
  }
  write_safetensors(path, all, metadata);
}

}  // namespace zoetrope::tensor
