#pragma once
#include <fstream>
#include <malloc.h>
#include <string>

namespace zoetrope {

/// How much more memory the process has at its peak from now on than it has now (Linux counts that in /proc/self).
class PeakMemory {
 public:
  PeakMemory() {
    malloc_trim(0);                               // what was freed does not count
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
    start_ = status("VmRSS:");
  }
  double bytes() const { return status("VmHWM:") - start_; }

 private:
  static double status(const std::string& name) {
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;)
      if (double kibibytes = 0; word == name && file >> kibibytes) return 1024 * kibibytes;
    return 0;
  }
  double start_ = 0;
};

}  // namespace zoetrope
