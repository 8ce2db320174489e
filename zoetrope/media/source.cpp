#include "zoetrope/media/source.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zoetrope/base/error.h"

namespace zoetrope::media {

Source::Source(const std::filesystem::path& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) { look(); }

Source::Source(int descriptor, std::filesystem::path name) : path_(std::move(name)), descriptor_(descriptor) { look(); }

void Source::look() {
  struct stat found = {};
  if (descriptor_ >= 0 && ::fstat(descriptor_, &found) == 0 && S_ISREG(found.st_mode)) {
    size_ = found.st_size;
    return;
  }
  if (descriptor_ >= 0) ::close(descriptor_);
  throw base::Error("{}: cannot be read; does it exist, and is it a file?", name());
}

Source::~Source() { ::close(descriptor_); }

size_t Source::read(int64_t offset, void* bytes, size_t count) const {
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(descriptor_, static_cast<char*>(bytes) + done, count - done, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

std::string Source::start(size_t count) const {
  std::string bytes(count, '\0');
  bytes.resize(read(0, bytes.data(), count));
  return bytes;
}

std::string Source::whole(int64_t limit) const {
  if (size_ > limit) throw base::Error("{}: is {} bytes long, more than the limit of {}", name(), size_, limit);
  std::string bytes = start(static_cast<size_t>(size_));
  if (std::ssize(bytes) != size_) throw base::Error("{}: cannot be read to its end", name());
  return bytes;
}

}  // namespace zoetrope::media
