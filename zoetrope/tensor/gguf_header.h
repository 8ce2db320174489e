#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zoetrope/tensor/file_header.h"

namespace zoetrope::tensor {

inline constexpr std::string_view gguf_magic = "GGUF";

/// Reads and checks the header of a whole GGUF file of version 2 or 3, little-endian
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Whoever gets a header may trust it: each tensor lies inside the file, is as
/// long as its type and shape say, and no two overlap. Shapes are in the order of PyTorch, the reverse of the file's; one that ComfyUI-GGUF
/// has flattened is as it was (`comfy.gguf.orig_shape.NAME`). Of the metadata, texts are as they are, numbers written out, and lists told
/// by their length. Every malformation is an error that names `path`.
FileHeader parse_gguf_header(std::span<const std::byte> file, const std::string& path);

/// The number of a type in GGUF files: of blocks, or of the plain type of `dtype`; none where GGUF has none.
std::optional<uint32_t> gguf_type(at::ScalarType dtype, const BlockType* blocks);

/// The bytes before the data of a file with these tensors, which lie in the order of `begin` at multiples of `gguf_alignment`.
std::string format_gguf_header(const std::map<std::string, TensorEntry>& tensors,
                               const std::vector<std::pair<std::string, std::variant<std::string, uint32_t>>>& metadata);
inline constexpr size_t gguf_alignment = 32;

}  // namespace zoetrope::tensor
