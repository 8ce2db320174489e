#include "zoetrope/base/parallel.h"

#include <ATen/Parallel.h>

namespace zoetrope::base {

void parallel_for(int64_t count, const std::function<void(int64_t)>& work) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(i);
  });
}

}  // namespace zoetrope::base
