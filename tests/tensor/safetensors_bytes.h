#pragma once
#include <cstring>
#include <span>
#include <string>

namespace zoetrope::tensor {

/// The bytes of a safetensors file with this header, right or wrong, and so many bytes of data.
inline std::string safetensors_bytes(const std::string& header, size_t data_bytes) {
  uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + std::string(data_bytes, '\0');
}

inline std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace zoetrope::tensor
