#include "zoetrope/base/memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <malloc.h>
#include <string>
#include <string_view>

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

}  // namespace

double total_memory() { return memory_of({"MemTotal", "SwapTotal"}); }
double available_memory() { return memory_of({"MemAvailable"}); }

}  // namespace zoetrope::base
