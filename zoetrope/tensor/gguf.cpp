#include "zoetrope/tensor/gguf.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/quantized.h"

namespace zoetrope::tensor {
namespace {

size_t aligned(size_t bytes) { return (bytes + gguf_alignment - 1) / gguf_alignment * gguf_alignment; }

size_t written_bytes(const GgufTensor& tensor) {
  size_t rows = 1;
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i) rows *= static_cast<size_t>(tensor.shape[i]);
  const int64_t columns = tensor.shape.empty() ? 1 : tensor.shape.back();
  return rows *
         (tensor.blocks == nullptr ? static_cast<size_t>(columns) * at::elementSize(tensor.dtype) : tensor.blocks->row_bytes(columns));
}

}  // namespace

void write_gguf(const std::filesystem::path& path, const std::map<std::string, GgufTensor>& tensors,
                const std::vector<std::pair<std::string, std::variant<std::string, uint32_t>>>& metadata) {
  std::map<std::string, TensorEntry> entries;
  size_t reached = 0;
  for (const auto& [name, tensor] : tensors) {
    entries[name] = {tensor.blocks == nullptr ? tensor.dtype : at::kByte, tensor.shape, reached, reached + written_bytes(tensor),
                     tensor.blocks};
    reached = aligned(entries[name].end);
  }
  base::AtomicFile file(path);
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream << format_gguf_header(entries, metadata);
  for (const auto& [name, tensor] : tensors) {
    Tensor value = tensor.read().detach();
    Tensor bytes = tensor.blocks == nullptr ? value.to(at::kCPU, tensor.dtype).contiguous() : quantize(value, *tensor.blocks);
    stream.write(static_cast<const char*>(bytes.data_ptr()), static_cast<std::streamsize>(bytes.nbytes()));
    const std::string padding(aligned(bytes.nbytes()) - bytes.nbytes(), '\0');
    stream << padding;
  }
  stream.close();
  if (!stream) throw base::Error("{}: cannot be written: {}", path.string(), std::strerror(errno));
  file.commit();
}

}  // namespace zoetrope::tensor
