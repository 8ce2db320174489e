#include "zoetrope/media/timing.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::media {
namespace {

TimeStamps regular(int64_t count, double fps, double tick, bool cut_off = false) {
  TimeStamps stamps{.begins = {}, .end = 0, .tick = tick, .declared = std::nullopt};
  auto on_grid = [&](double t) { return (cut_off ? std::floor(t / tick) : std::round(t / tick)) * tick; };
  for (int64_t i = 0; i < count; ++i) stamps.begins.push_back(on_grid(static_cast<double>(i) / fps));
  stamps.end = on_grid(static_cast<double>(count) / fps);
  return stamps;
}

TEST(Timing, FindsRatesThroughTheRoundingOfTheFile) {
  for (int fps = 1; fps <= 50; ++fps)
    for (double tick : {1e-2, 1e-3})
      for (bool cut_off : {false, true}) {
        Timing timing = constant_rate(regular(60, fps, tick, cut_off), 1000);
        EXPECT_EQ(timing.fps, (Rational{fps, 1})) << tick << cut_off;
        EXPECT_EQ(timing.source_index.size(), 60);
        EXPECT_EQ(timing.source_index.back(), 59);
      }
  EXPECT_EQ(constant_rate(regular(200, 30000 / 1001.0, 1e-3), 1000).fps, (Rational{30000, 1001}));
}

TEST(Timing, BelievesTheFileWhereItsStampsAgree) {
  TimeStamps stamps = regular(5, 30000 / 1001.0, 1e-3);  // too short to tell from 30
  stamps.declared = Rational{30000, 1001};
  EXPECT_EQ(constant_rate(stamps, 1000).fps, (Rational{30000, 1001}));
  stamps.declared = Rational{90000, 1};
  EXPECT_EQ(constant_rate(stamps, 1000).fps, (Rational{30, 1}));
}

TEST(Timing, ResamplesAVariableRate) {
  TimeStamps stamps{.begins = {5.0, 5.1, 5.2, 5.5, 5.6}, .end = 5.7, .tick = 1e-3, .declared = std::nullopt};
  Timing timing = constant_rate(stamps, 1000);
  EXPECT_EQ(timing.fps, (Rational{10, 1}));
  EXPECT_EQ(timing.source_index, (std::vector<int64_t>{0, 1, 2, 2, 2, 3, 4}));
}

TEST(Timing, LimitsWhatAPauseMayUnfoldInto) {
  TimeStamps stamps{.begins = {0, 0.02, 0.04, 3000}, .end = 3000.1, .tick = 1e-3, .declared = std::nullopt};
  EXPECT_THROW(constant_rate(stamps, 10000), base::Error);
}

TEST(Timing, OfOneMomentIsOneFrame) {
  EXPECT_EQ(constant_rate({.begins = {0}, .end = 0, .tick = 1, .declared = Rational{25, 1}}, 10).fps, (Rational{25, 1}));
  EXPECT_EQ(constant_rate({.begins = {}, .end = 0, .tick = 0, .declared = Rational{0, 0}}, 10).fps, Rational{});
  EXPECT_EQ(constant_rate({.begins = {1, 1, 1}, .end = 1, .tick = 1, .declared = std::nullopt}, 10).source_index.size(), 1);
}

std::vector<int64_t> shown_at(int64_t length, Rational from, Rational to) {
  Timing timing{from, {}};
  for (int64_t i = 0; i < length; ++i) timing.source_index.push_back(i);
  EXPECT_EQ(at_rate(timing, to).fps, to);
  return at_rate(timing, to).source_index;
}

TEST(Timing, AtAnotherRateAClipLastsAsLong) {
  EXPECT_EQ(shown_at(6, {30, 1}, {15, 1}), (std::vector<int64_t>{1, 3, 5}));
  EXPECT_EQ(shown_at(3, {8, 1}, {16, 1}), (std::vector<int64_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(shown_at(5, {24, 1}, {16, 1}), (std::vector<int64_t>{0, 2, 3}));
  EXPECT_EQ(shown_at(4, {32, 2}, {16, 1}), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(shown_at(2, {60, 1}, {1, 1}).size(), 1u);
  EXPECT_EQ(shown_at(1, {1, 1}, {16, 1}).size(), 1u);  // an image
  EXPECT_EQ(shown_at(300, {30000, 1001}, {16, 1}).size(), 160u);
}

}  // namespace
}  // namespace zoetrope::media
