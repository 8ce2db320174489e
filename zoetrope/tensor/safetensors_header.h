#pragma once
#include <span>
#include <string>

#include "zoetrope/tensor/file_header.h"

namespace zoetrope::tensor {

/// Reads and checks the header of a whole safetensors file: 8 bytes with the length of the header (little-endian), the header in JSON, the
/// data (https://github.com/huggingface/safetensors, "Format"). Whoever gets a header may trust it: each tensor lies inside the file, is as
/// long as its dtype and shape say, and the tensors fill the data without overlap or hole. Every malformation is an error that names
/// `path`.
FileHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path);

/// The bytes before the data of a file with these tensors, which are laid out in the order of `begin`; a multiple of 8 bytes long.
std::string format_safetensors_header(const FileHeader& header, const std::string& path);

}  // namespace zoetrope::tensor
