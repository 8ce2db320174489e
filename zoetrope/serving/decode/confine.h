#pragma once
#include <cstdint>
#include <memory>

namespace zoetrope::serving {

/// Gives rights up for ever. Afterwards the process, and a thread that it starts, may read what is open, write to descriptor 1, use memory
/// and end. To open a file is refused; a socket, another program or another process kill it.
class Confinement {
 public:
  /// An error where this kernel has no seccomp. What takes time is done here, so that a child that `apply`s it begins quickly.
  Confinement();
  ~Confinement();
  Confinement(const Confinement&) = delete;
  Confinement& operator=(const Confinement&) = delete;

  /// From now on: `bytes` of memory beyond what the process has, and `seconds` of a processor, then it is killed.
  void apply(int64_t bytes, double seconds) const;

 private:
  struct Filter;
  std::unique_ptr<Filter> filter_;
};

}  // namespace zoetrope::serving
