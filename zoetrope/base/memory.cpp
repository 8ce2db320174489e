#include "zoetrope/base/memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <malloc.h>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace zoetrope::base {

void configure_allocator() {
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);  // PyTorch's own switch: who sets it to 0 is heard
  constexpr int large = 8 << 20;
  mallopt(M_MMAP_THRESHOLD, large);  // glibc would raise it to 32 MiB as soon as a tensor of that size is freed
}

namespace {

/// The lines of /proc/meminfo with these names together, in bytes; infinity where the first is not there.
double memory_of(std::initializer_list<std::string_view> names) {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  double bytes = 0;
  bool known = false;
  for (double kibibytes; file >> name >> kibibytes && std::getline(file, unit);) {
    name.pop_back();  // the colon
    if (std::find(names.begin(), names.end(), name) != names.end()) bytes += 1024 * kibibytes;
    known = known || name == *names.begin();
  }
  return known ? bytes : std::numeric_limits<double>::infinity();
}

/// The least limit in bytes that is set for this process or its container; infinity if none is. A control group without a limit says
/// `max` (version 2) or a number larger than any machine's memory (version 1).
double memory_limit() {
  double least = std::numeric_limits<double>::infinity();
  if (rlimit space{}; getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) least = static_cast<double>(space.rlim_cur);
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    if (double bytes = 0; file >> bytes) least = std::min(least, bytes);
  }
  return least;
}

}  // namespace

double total_memory() { return std::min(memory_of({"MemTotal", "SwapTotal"}), memory_limit()); }
double available_memory() { return std::min(memory_of({"MemAvailable"}), memory_limit()); }

}  // namespace zoetrope::base
