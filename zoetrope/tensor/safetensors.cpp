#include "zoetrope/tensor/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::tensor {
namespace {

using base::Error;

/// The widest numbers first, so that each tensor is aligned without gaps; by name where they are equal.
std::vector<std::string> order_of_writing(const std::map<std::string, TensorToWrite>& tensors) {
  std::vector<std::string> names;
  for (auto& [name, tensor] : tensors) names.push_back(name);
  auto width = [&](const std::string& name) { return at::elementSize(tensors.at(name).dtype); };
  std::stable_sort(names.begin(), names.end(), [&](auto& a, auto& b) { return width(a) > width(b); });
  return names;
}

}  // namespace

size_t TensorToWrite::bytes() const {
  size_t count = at::elementSize(dtype);
  for (int64_t side : shape) count *= static_cast<size_t>(side);
  return count;
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  FileHeader header{{}, metadata, 0};
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
