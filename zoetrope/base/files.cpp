#include "zoetrope/base/files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <climits>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"

namespace zoetrope::base {
namespace {

enum class State { free, filling, there };

struct Entry {
  std::atomic<State> state = State::free;
  std::array<char, PATH_MAX> path = {};
};

std::array<Entry, 64> entries;  // of fixed size and address, since a signal may come at any moment

}  // namespace

TemporaryFiles::TemporaryFiles(const std::string& path) : index_(-1) {
  if (path.size() >= PATH_MAX) return;
  for (size_t i = 0; i < entries.size(); ++i) {
    State expected = State::free;
    if (!entries[i].state.compare_exchange_strong(expected, State::filling)) continue;
    entries[i].path[path.copy(entries[i].path.data(), path.size())] = '\0';
    entries[i].state = State::there;
    index_ = static_cast<int>(i);
    return;
  }
}

TemporaryFiles::~TemporaryFiles() {
  if (index_ >= 0) entries[static_cast<size_t>(index_)].state = State::free;
}

void TemporaryFiles::remove_all() {
  for (Entry& entry : entries)
    if (entry.state == State::there) ::unlink(entry.path.data());
}

namespace fs = std::filesystem;

namespace {

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// Flushes a file or folder to disk. Some file systems cannot sync a folder; that is no reason to fail.
void sync(const fs::path& path, bool must_succeed) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool ok = file >= 0 && ::fsync(file) == 0;
  int reason = errno;
  if (file >= 0) ::close(file);
  if (!ok && must_succeed) throw Error("{}: cannot be written to disk: {}", path.string(), std::strerror(reason));
}

}  // namespace

fs::path with_ending(const fs::path& path, std::string_view ending) {
  const long limit = ::pathconf(folder_of(path).c_str(), _PC_NAME_MAX);
  const auto longest = static_cast<size_t>(limit > 0 ? limit : NAME_MAX);  // the folder may not exist yet
  std::string stem = path.stem().string();
  stem.resize(whole_characters(stem, longest - std::min(longest, ending.size())));
  return fs::path(path).replace_filename(stem.append(ending));
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  static std::atomic<int> count = 0;
  fs::path folder = folder_of(path_);
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!fs::is_directory(folder))
    throw Error("{}: the folder '{}' cannot be created: {}", path_.string(), folder.string(), failed.message());
  if (::access(folder.c_str(), W_OK) != 0) throw Error("{}: the folder '{}' cannot be written to", path_.string(), folder.string());
  if (fs::is_directory(path_, failed)) throw Error("{}: is a folder; name a file", path_.string());
  if (failed == std::errc::filename_too_long) throw Error("{}: cannot be written: {}", path_.string(), failed.message());
  temporary_ = with_ending(folder / ("." + path_.stem().string() + ".part"),
                           fmt::format(".{}-{}.part{}", ::getpid(), count++, path_.extension().string()));
  entry_.emplace(temporary_.string());
  int file = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) throw Error("{}: cannot be written: {}", path_.string(), std::strerror(errno));
  ::close(file);
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (entry_) fs::remove(temporary_, ignored);
}

void AtomicFile::commit() { commit_as(path_); }

void AtomicFile::commit_as(const fs::path& path) {
  sync(temporary_, true);
  std::error_code failed;
  fs::rename(temporary_, path, failed);
  if (failed) throw Error("{}: cannot be renamed to its final name: {}", path.string(), failed.message());
  entry_.reset();
  sync(folder_of(path_), false);
}

namespace {

/// `zoetrope` in the folder that a variable names, or else in one of the home folder; empty where there is neither.
fs::path users_folder(const char* variable, const fs::path& in_home) {
  auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value == nullptr ? "" : value);
  };
  if (fs::path folder = set(variable); !folder.empty()) return folder / "zoetrope";
  const fs::path home = set("HOME");
  return home.empty() ? home : home / in_home / "zoetrope";
}

}  // namespace

fs::path cache_folder() { return users_folder("XDG_CACHE_HOME", ".cache"); }

fs::path data_folder() { return users_folder("XDG_DATA_HOME", ".local/share"); }

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) throw Error("{}: cannot be written: {}", path.string(), std::strerror(errno));
  file.commit();
}

std::string read_file(const fs::path& path, size_t limit) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const int error = errno;
  std::error_code unreadable;
  if (!fs::exists(path, unreadable)) throw Error("{}: does not exist", path.string());
  if (fs::is_directory(path, unreadable)) throw Error("{}: is a folder, not a file", path.string());
  if (!stream) throw Error("{}: cannot be read: {}", path.string(), std::strerror(error));
  auto size = static_cast<size_t>(stream.tellg());
  if (size > limit) throw Error("{}: is {} bytes long, more than the limit of {}", path.string(), size, limit);
  std::string bytes(size, '\0');
  stream.seekg(0);
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!stream) throw Error("{}: cannot be read to its end", path.string());
  return bytes;
}

}  // namespace zoetrope::base
