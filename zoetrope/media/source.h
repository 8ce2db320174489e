#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace zoetrope::media {

/// The bytes of a file that is open: found by its path, or handed over as a descriptor by a process that may open files, to one that may
/// not. Whatever is read of a picture, video or sound is read through it, and a file is opened once.
class Source {
 public:
  explicit Source(const std::filesystem::path& path);
  /// `name` is told in errors; the descriptor is closed at the end.
  Source(int descriptor, std::filesystem::path name);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string name() const { return path_.string(); }
  int64_t size() const { return size_; }
  int descriptor() const { return descriptor_; }
  /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
  size_t read(int64_t offset, void* bytes, size_t count) const;
  /// The first bytes, up to `count`.
  std::string start(size_t count) const;
  /// All bytes; an error where they are more than `limit`.
  std::string whole(int64_t limit = int64_t{1} << 30) const;

 private:
  void look();

  std::filesystem::path path_;
  int descriptor_;
  int64_t size_ = 0;
};

}  // namespace zoetrope::media
