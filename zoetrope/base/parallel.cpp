#include "zoetrope/base/parallel.h"

#include <ATen/Parallel.h>

// Of the one OpenMP runtime in the process; declared here because Clang compiles the house without -fopenmp.
extern "C" void omp_set_num_threads(int count);

namespace zoetrope::base {

void parallel_for(int64_t count, const std::function<void(int64_t)>& work) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(i);
  });
}

void be_a_background_thread() {
  at::get_num_threads();                  // lets the engine set its own count for this thread first,
  at::internal::lazy_init_num_threads();  // and its headers theirs: they keep a note of their own that this was done;
  omp_set_num_threads(1);  // then this thread's alone is changed: at::set_num_threads would change MKL's for the whole process
}

}  // namespace zoetrope::base
