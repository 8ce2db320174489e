#include "zoetrope/base/hash.h"

extern "C" {
#include <libavutil/crc.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

#include <array>
#include <fstream>

#include "zoetrope/base/error.h"

namespace zoetrope::base {

Sha256::Sha256() : state_(av_sha_alloc(), av_free) { av_sha_init(static_cast<AVSHA*>(state_.get()), 256); }

void Sha256::add(std::string_view bytes) {
  av_sha_update(static_cast<AVSHA*>(state_.get()), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string Sha256::digest() {
  std::array<uint8_t, 32> bytes;
  av_sha_final(static_cast<AVSHA*>(state_.get()), bytes.data());
  std::string text;
  for (uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

uint32_t crc32(std::string_view bytes) {
  return ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), ~0u, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.digest();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Error("{}: cannot be read; does it exist?", path.string());
  Sha256 hash;
  std::string block(1 << 20, '\0');
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())), stream.gcount() > 0)
    hash.add({block.data(), static_cast<size_t>(stream.gcount())});
  if (stream.bad()) throw Error("{}: cannot be read to its end", path.string());
  return hash.digest();
}

}  // namespace zoetrope::base
