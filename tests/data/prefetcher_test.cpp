#include "zoetrope/data/prefetcher.h"

#include <atomic>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::data {
namespace {

using namespace std::chrono_literals;

TEST(Prefetcher, HandsItemsOutInOrderHoweverManyMakeThem) {
  for (int workers : {1, 3}) {
    Prefetcher<int64_t> squares(
        [](int64_t i) {
          if (i % 3 == 0) std::this_thread::sleep_for(1ms);  // some are late
          return i * i;
        },
        5, 4, workers);
    for (int64_t i = 5; i < 50; ++i) EXPECT_EQ(squares.next(), i * i);
  }
}

TEST(Prefetcher, MakesEachItemOnce) {
  std::array<std::atomic<int>, 64> made{};
  Prefetcher<int64_t> items([&](int64_t i) { return ++made[i], i; }, 0, 4, 3);
  for (int64_t i = 0; i < 40; ++i) items.next();
  for (int64_t i = 0; i < 40; ++i) EXPECT_EQ(made[i], 1);
}

TEST(Prefetcher, IsNeverMoreThanItsDepthAhead) {
  constexpr int64_t depth = 3;
  std::atomic<int64_t> begun = 0, taken = 0, furthest = 0;
  Prefetcher<int64_t> items(
      [&](int64_t i) {
        int64_t ahead = ++begun - taken;
        for (int64_t seen = furthest; ahead > seen && !furthest.compare_exchange_weak(seen, ahead);) {
        }
        return i;
      },
      0, depth, 2);
  for (int64_t i = 0; i < 30; ++i) {
    if (i % 10 == 0) std::this_thread::sleep_for(2ms);  // time enough to run too far ahead
    ++taken;
    items.next();
  }
  EXPECT_LE(furthest, depth + 1);  // counted as taken just before it is
}

TEST(Prefetcher, FillsUpBeforeAnythingIsTaken) {
  std::atomic<int64_t> begun = 0;
  Prefetcher<int64_t> items([&](int64_t i) { return ++begun, i; }, 0, 4, 2);
  while (begun < 4) std::this_thread::yield();
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(begun, 4);
}

TEST(Prefetcher, ThrowsWhatAWorkerThrew) {
  Prefetcher<int64_t> items([](int64_t i) -> int64_t { throw base::Error("item {} is broken", i); }, 7, 4, 1);
  EXPECT_THROW(items.next(), base::Error);
  EXPECT_THROW(items.next(), base::Error);
}

TEST(Prefetcher, EndsWhileItIsFullOrAtWork) {
  {
    Prefetcher<int64_t> full([](int64_t i) { return i; }, 0, 2, 2);
  }
  std::atomic<int64_t> begun = 0;
  {
    Prefetcher<int64_t> busy(
        [&](int64_t i) {
          ++begun;
          std::this_thread::sleep_for(1ms);
          return i;
        },
        0, 100, 2);
    busy.next();
  }
  EXPECT_LT(begun, 100);
}

}  // namespace
}  // namespace zoetrope::data
