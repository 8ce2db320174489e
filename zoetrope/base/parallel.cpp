#include "zoetrope/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include <ATen/Parallel.h>
#include <c10/util/ParallelGuard.h>

// The one OpenMP runtime in the process is the engine's libgomp. It is called by name, as GCC's `#pragma omp parallel` would: Clang's
// pragma would bring a second runtime, and ATen's own parallel_for is a serial loop in files that are compiled without -fopenmp.
extern "C" {
void GOMP_parallel(void (*work)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_num_threads();
int omp_get_thread_num();
void omp_set_num_threads(int count);
}

namespace zoetrope::base {
namespace {

struct Loop {
  int64_t count;
  const std::function<void(int64_t)>& work;
  std::atomic_flag failed = {};
  std::exception_ptr error = {};
};

/// What one thread of the team does: its contiguous share of the loop. No exception may leave it.
void do_share(void* data) {
  auto& loop = *static_cast<Loop*>(data);
  c10::ParallelGuard guard(true);  // the engine's kernels inside do not start teams of their own
  int64_t share = (loop.count + omp_get_num_threads() - 1) / omp_get_num_threads();
  int64_t begin = omp_get_thread_num() * share, end = std::min(loop.count, begin + share);
  try {
    for (int64_t i = begin; i < end; ++i) loop.work(i);
  } catch (...) {
    if (!loop.failed.test_and_set()) loop.error = std::current_exception();
  }
}

}  // namespace

void parallel_for(int64_t count, const std::function<void(int64_t)>& work) {
  int64_t threads = std::min<int64_t>(count, at::get_num_threads());
  if (threads <= 1 || at::in_parallel_region()) {
    for (int64_t i = 0; i < count; ++i) work(i);
    return;
  }
  Loop loop{count, work};
  GOMP_parallel(do_share, &loop, static_cast<unsigned>(threads), 0);
  if (loop.error) std::rethrow_exception(loop.error);
}

void use_threads(int count) { at::set_num_threads(count); }

void limit_to_one_thread() {
  at::get_num_threads();   // lets the engine set its own count for this thread first
  omp_set_num_threads(1);  // then this thread's alone is changed: at::set_num_threads would change MKL's for the whole process
}

}  // namespace zoetrope::base
