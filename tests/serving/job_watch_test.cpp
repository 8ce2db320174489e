#include "zoetrope/serving/job_watch.h"

#include <gmock/gmock.h>
#include <thread>

#include <gtest/gtest.h>

namespace zoetrope::serving {
namespace {

void wait(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

TEST(JobWatch, ProgressGrowsOverStagesAndPartsToOne) {
  JobWatch watch(/*steps=*/2);
  double last = 0;
  auto grows = [&](double expected) {
    EXPECT_DOUBLE_EQ(watch.report().progress, expected);
    EXPECT_GE(watch.report().progress, last);
    last = watch.report().progress;
  };
  watch.part(0, 2);
  watch.progress("encoding", 5, 5);
  grows(0);
  watch.progress("sampling, window 1 of 2", 1, 2);
  grows(.225);
  watch.progress("decoding, window 1 of 2", 1, 1);
  grows(.5);
  watch.progress("windows", 1, 2);
  watch.part(1, 2);
  watch.progress("encoding, window 2 of 2", 1, 1);
  grows(.5);
  EXPECT_EQ(watch.report().stage, "encoding, window 2 of 2");
  watch.progress("sampling, window 2 of 2", 2, 2);
  grows(.95);
  watch.progress("decoding, window 2 of 2", 3, 3);
  grows(1);
}

TEST(JobWatch, TimeLeftIsTheForecastFirstAndThenWhatWasMeasured) {
  JobWatch watch(/*steps=*/10);
  EXPECT_FALSE(watch.report().seconds_left) << "nothing is known";
  watch.estimated({.bytes = 1, .seconds = 100});
  EXPECT_DOUBLE_EQ(watch.report().seconds_left.value(), 100);
  watch.progress("sampling", 0, 10);
  wait(.1);
  watch.progress("sampling", 5, 10);
  EXPECT_NEAR(watch.report().seconds_left.value(), .1 / .45 * .55, .1);
}

TEST(JobWatch, HangsWhenNoBlockEnds) {
  JobWatch watch(/*steps=*/10, {.preparing = .3, .at_least = .05, .times_block = 10});
  EXPECT_FALSE(watch.hangs());
  wait(.1);
  EXPECT_FALSE(watch.hangs()) << "loading takes longer than a block";
  wait(.3);
  EXPECT_TRUE(watch.hangs());
  watch.progress("sampling", 1, 10);
  EXPECT_FALSE(watch.hangs());
  wait(.1);
  EXPECT_TRUE(watch.hangs());
  EXPECT_FALSE(watch.cancelled());
  EXPECT_FALSE(watch.hangs()) << "a block that asks is a sign of life";
}

TEST(JobWatch, SlowStepsAreGivenTenTimesTheirForecast) {
  JobWatch watch(/*steps=*/10, {.preparing = 900, .at_least = .01, .times_block = 10});
  watch.estimated({.bytes = 1, .seconds = .2});
  watch.progress("sampling", 0, 10);
  wait(.1);
  EXPECT_FALSE(watch.hangs()) << "a step is forecast to take .02 s";
  wait(.2);
  EXPECT_TRUE(watch.hangs());
}

TEST(JobWatch, StopsTheWork) {
  JobWatch watch(1);
  EXPECT_NO_THROW(watch.throw_if_cancelled());
  watch.stop();
  EXPECT_TRUE(watch.cancelled());
}

TEST(JobWatch, KeepsSomeNotices) {
  JobWatch watch(1);
  for (int i = 0; i < 1000; ++i) watch.notice(fmt::format("notice {}", i));
  EXPECT_EQ(watch.report().notices.front(), "notice 0");
  EXPECT_LT(watch.report().notices.size(), 100);
}

}  // namespace
}  // namespace zoetrope::serving
