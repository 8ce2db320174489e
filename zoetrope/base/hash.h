#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace zoetrope::base {

/// SHA-256 of what comes piece by piece.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Of all that has come, as 64 lower-case hexadecimal digits. Call it once, at the end.
  std::string digest();

 private:
  std::unique_ptr<void, void (*)(void*)> state_;
};

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& path);

/// The checksum of ZIP and PNG files (CRC-32 of ISO 3309).
uint32_t crc32(std::string_view bytes);

}  // namespace zoetrope::base
