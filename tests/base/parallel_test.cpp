#include "zoetrope/base/parallel.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

TEST(ParallelFor, DoesEveryPieceOnce) {
  at::set_num_threads(4);
  for (int64_t count : {0, 1, 3, 1000}) {
    std::vector<std::atomic<int>> done(count);
    parallel_for(count, [&](int64_t i) { ++done[i]; });
    for (auto& times : done) EXPECT_EQ(times, 1);
  }
}

TEST(ParallelFor, SpreadsTheWorkOverTheEnginesThreads) {  // with Clang too, which compiles everything without -fopenmp
  at::set_num_threads(4);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  parallel_for(16, [&](int64_t) {
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 4u);
}

TEST(ParallelFor, RethrowsAnExceptionHere) {
  at::set_num_threads(4);
  auto work = [](int64_t i) {
    if (i == 57) throw Error("frame {} is broken", i);
  };
  try {
    parallel_for(100, work);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "frame 57 is broken");
  }
  EXPECT_NO_THROW(parallel_for(50, work));  // and can be used again
}

TEST(ParallelFor, MayBeUsedInsideItself) {
  at::set_num_threads(4);
  std::atomic<int> sum = 0;
  parallel_for(8, [&](int64_t i) { parallel_for(8, [&](int64_t j) { sum += i * j; }); });
  EXPECT_EQ(sum, 28 * 28);
}

TEST(BackgroundThread, ComputesAloneWithoutChangingTheOthers) {
  at::set_num_threads(3);
  std::thread([] {
    limit_to_one_thread();
    std::thread::id here = std::this_thread::get_id();
    parallel_for(16, [&](int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
  }).join();
  EXPECT_EQ(at::get_num_threads(), 3);
}

}  // namespace
}  // namespace zoetrope::base
