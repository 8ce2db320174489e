#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::tensor {

/// Where one tensor lies in a safetensors file, and what it is.
struct TensorEntry {
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  size_t begin, end;  // bytes, counted from the start of the data
};

/// What a safetensors file says about itself: 8 bytes with the length of the header (little-endian), the header in JSON, the data
/// (https://github.com/huggingface/safetensors, "Format").
struct SafetensorsHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  size_t data_start;  // bytes, counted from the start of the file
};

/// Reads and checks the header of a whole file. Whoever gets a header may trust it: each tensor lies inside the file, is as long as its
/// dtype and shape say, and the tensors fill the data without overlap or hole. Every malformation is an error that names `path`.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path);

/// The bytes before the data of a file with these tensors, which are laid out in the order of `begin`; a multiple of 8 bytes long.
std::string format_safetensors_header(const SafetensorsHeader& header, const std::string& path);

}  // namespace zoetrope::tensor
