#pragma once
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "zoetrope/base/parallel.h"

namespace zoetrope::data {

/// Makes items first, first + 1, ... ahead of time on worker threads and returns them in order. At most `depth` items are ready or being
/// made. Each worker computes on one thread.
template <class Item>
class Prefetcher {
 public:
  Prefetcher(std::function<Item(int64_t)> make, int64_t first, int64_t depth, int workers)
      : make_(std::move(make)), next_(first), claimed_(first), depth_(depth) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Prefetcher() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next item in order; waits for it. What a worker threw is thrown here.
  Item next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || ready_.contains(next_); });
    if (failure_) std::rethrow_exception(failure_);
    Item item = std::move(ready_.extract(next_++).mapped());
    changed_.notify_all();
    return item;
  }

 private:
  void work() {
    base::limit_to_one_thread();
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stopping_ || claimed_ < next_ + depth_; });
      if (stopping_) return;
      int64_t index = claimed_++;
      lock.unlock();
      try {
        Item item = make_(index);
        lock.lock();
        ready_.emplace(index, std::move(item));
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure_ = std::current_exception();
      }
      changed_.notify_all();
      if (failure_) return;
    }
  }

  std::function<Item(int64_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Item> ready_;
  std::exception_ptr failure_;
  int64_t next_, claimed_, depth_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace zoetrope::data
