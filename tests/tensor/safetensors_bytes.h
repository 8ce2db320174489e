#pragma once
#include <cstring>
#include <span>
#include <string>

namespace zoetrope::tensor {

/// The header of two tensors with 29 bytes of data.
inline const std::string valid_header =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"U8","shape":[5],"data_offsets":[24,29]}})";

/// The bytes of a safetensors file with this header, right or wrong, and so many bytes of data.
inline std::string safetensors_bytes(const std::string& header, size_t data_bytes) {
  uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + std::string(data_bytes, '\0');
}

inline std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace zoetrope::tensor
