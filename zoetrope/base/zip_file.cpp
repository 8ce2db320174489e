#include "zoetrope/base/zip_file.h"

#include <limits>

#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"

namespace zoetrope::base {
namespace {

constexpr int64_t most_bytes = std::numeric_limits<uint32_t>::max(), most_files = std::numeric_limits<uint16_t>::max();

/// A number of `bytes` bytes, the lowest first.
std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

/// What an entry says of a file in both of its places: version 2.0, UTF-8 name, stored as it is, 1 January 1980, checksum and sizes.
std::string facts(std::string_view name, std::string_view bytes) {
  constexpr uint64_t version = 20, utf8_name = 0x800, stored = 0, midnight = 0, first_day = 0x21;
  return little(version, 2) + little(utf8_name, 2) + little(stored, 2) + little(midnight, 2) + little(first_day, 2) +
         little(crc32(bytes), 4) + little(bytes.size(), 4) + little(bytes.size(), 4) + little(name.size(), 2) + little(0, 2);
}

}  // namespace

ZipFile::ZipFile(const std::filesystem::path& path) : file_(path), out_(file_.temporary(), std::ios::binary) {}

void ZipFile::write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_) throw Error("the archive '{}' cannot be written: the disk may be full", file_.temporary().filename().string());
  position_ += static_cast<int64_t>(bytes.size());
}

void ZipFile::add(std::string_view name, std::string_view bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (files_ == most_files || position_ + size + std::ssize(directory_) + 1024 > most_bytes)
    throw Error("an archive holds up to {} files and {} GB, and '{}' does not fit any more", most_files, most_bytes >> 30, name);
  const std::string about = facts(name, bytes), header = little(0x04034b50, 4) + about + std::string(name);
  directory_ += little(0x02014b50, 4) + little(20, 2) + about + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) +
                little(static_cast<uint64_t>(position_), 4) + std::string(name);
  write(header), write(bytes);
  ++files_;
}

void ZipFile::finish() {
  const auto begin = static_cast<uint64_t>(position_), files = static_cast<uint64_t>(files_);
  const std::string end = little(0x06054b50, 4) + little(0, 2) + little(0, 2) + little(files, 2) + little(files, 2) +
                          little(directory_.size(), 4) + little(begin, 4) + little(0, 2);
  write(directory_), write(end);
  out_.close();
  if (!out_) throw Error("the archive '{}' cannot be written: the disk may be full", file_.temporary().filename().string());
  file_.commit();
}

}  // namespace zoetrope::base
