#include "zoetrope/base/memory.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

namespace zoetrope::base {

void use_huge_pages() { setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0); }  // PyTorch's own switch: who sets it to 0 is heard

double available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (double kibibytes; file >> name >> kibibytes && std::getline(file, unit);)
    if (name == "MemAvailable:") return 1024 * kibibytes;
  return std::numeric_limits<double>::infinity();
}

}  // namespace zoetrope::base
