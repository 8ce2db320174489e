#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::base {

/// A file that must go when the program is ended before it is finished. What is beyond 64 files at a time is not remembered.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(const std::string& path);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

  /// Removes the files of all that are alive. Calls nothing that a signal handler may not call.
  static void remove_all();

 private:
  int index_;  // in the list; negative: it is full
};

/// The path with `ending` for its suffix ("-3.mp4", ".latents.safetensors"). Where the name would be longer than its file system takes
/// (255 bytes on most), the end of its stem is left out, whole characters of UTF-8 at a time.
std::filesystem::path with_ending(const std::filesystem::path& path, std::string_view ending);

/// A file that appears whole or not at all. It is written beside its final place under a name of its own (same folder, same
/// suffix), and `commit` syncs it to disk and renames it. Without `commit` the destructor removes what was written, and so does a signal
/// that ends the program (`cancel_on_signals`).
class AtomicFile {
 public:
  /// Makes missing folders on the way to `path`, and an empty file; an error names the folder or the file that cannot be written.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write until `commit`.
  const std::filesystem::path& temporary() const { return temporary_; }
  void commit();
  /// The same under another name in the same folder, for a file whose name follows from what is in it.
  void commit_as(const std::filesystem::path& path);

 private:
  std::filesystem::path path_, temporary_;
  std::optional<TemporaryFiles> entry_;  // until it is committed
};

/// Where the program keeps what it can make again: `zoetrope` in XDG_CACHE_HOME or else in ~/.cache. It may not exist yet; empty where the
/// environment names neither.
std::filesystem::path cache_folder();

/// Where the program keeps what cannot be made again: `zoetrope` in XDG_DATA_HOME or else in ~/.local/share, likewise.
std::filesystem::path data_folder();

/// Writes `bytes` as the whole file `path`, atomically.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The whole file as bytes. Files above `limit` bytes are refused with a sentence.
std::string read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 30);

}  // namespace zoetrope::base
