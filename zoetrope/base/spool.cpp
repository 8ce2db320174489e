#include "zoetrope/base/spool.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

/// A file that is gone as soon as it is closed; negative where none can be made.
int open_without_name() {
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr ? folder : "/var/tmp") + "/zoetrope-XXXXXX";
  int file = ::mkostemp(path.data(), O_CLOEXEC);
  if (file >= 0) ::unlink(path.c_str());
  return file;
}

/// Moves `bytes` bytes by calls of `move(done, left)`, each of which may move fewer than it is asked to.
template <typename Move>
bool move_all(int64_t bytes, Move move) {
  for (int64_t done = 0; done < bytes;) {
    ssize_t moved = move(done, static_cast<size_t>(bytes - done));
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return false;
    done += moved;
  }
  return true;
}

}  // namespace

Spool::Spool() : file_(open_without_name()) {}

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

void Spool::put(const Tensor& tensor) {
  Tensor whole = tensor.to(at::kCPU).contiguous();
  const auto* from = static_cast<const char*>(whole.const_data_ptr());
  auto bytes = static_cast<int64_t>(whole.nbytes());
  bool written = file_ >= 0 && move_all(bytes, [&](int64_t done, size_t left) { return ::pwrite(file_, from + done, left, end_ + done); });
  entries_.push_back({tensor.sizes().vec(), tensor.scalar_type(), end_, written ? Tensor() : whole.clone()});
  if (written) end_ += bytes;
}

Tensor Spool::get(size_t number) const {
  const Entry& w = entries_.at(number);
  if (w.kept.defined()) return w.kept;
  Tensor tensor = at::empty(w.shape, w.dtype);
  auto* to = static_cast<char*>(tensor.mutable_data_ptr());
  auto bytes = static_cast<int64_t>(tensor.nbytes());
  if (!move_all(bytes, [&](int64_t done, size_t left) { return ::pread(file_, to + done, left, w.offset + done); }))
    throw Error("{} bytes cannot be read back from the disk; set TMPDIR to a folder on another one", bytes);
  return tensor;
}

}  // namespace zoetrope::base
