#include "zoetrope/diffusion/levels.h"

#include <gtest/gtest.h>

namespace zoetrope::diffusion {
namespace {

TEST(Levels, FallFromNoiseToDataInEqualStepsWithoutAShift) { EXPECT_EQ(shifted_levels(4, 1), (Levels{1, 0.75, 0.5, 0.25, 0})); }

TEST(Levels, MoveTowardsNoiseWithTheShift) {
  Levels levels = shifted_levels(2, 3);
  EXPECT_EQ(levels.front(), 1);
  EXPECT_DOUBLE_EQ(levels[1], 3 * 0.5 / (1 + 2 * 0.5));
  EXPECT_EQ(levels.back(), 0);
}

TEST(Levels, FallForEveryShiftAndRange) {
  for (double shift : {0.3, 1., 5., 16.})
    for (LevelRange range : {LevelRange{}, wan_levels, diffusers_levels, LevelRange{0.6}})
      for (int64_t steps : {1, 2, 50}) {
        Levels levels = shifted_levels(steps, shift, range);
        ASSERT_EQ(std::ssize(levels), steps + 1);
        EXPECT_EQ(levels.back(), 0);
        EXPECT_LE(levels.front(), range.ceiling);
        for (int64_t i = 0; i < steps; ++i) EXPECT_GT(levels[i], levels[i + 1]);
      }
}

TEST(Levels, StartExactlyAtAStrengthThatIsUnshiftedFirst) {
  for (double shift : {1., 3., 8.}) EXPECT_NEAR(shifted_levels(7, shift, {unshift_level(0.6, shift)}).front(), 0.6, 1e-15);
}

TEST(Levels, AreRefusedWithoutStepsOrShift) {
  EXPECT_THROW(shifted_levels(0, 1), base::UsageError);
  EXPECT_THROW(shifted_levels(4, 0), base::UsageError);
  EXPECT_THROW(shifted_levels(4, NAN), base::UsageError);
}

TEST(Levels, HaveNoInformationInPureNoiseAndNoNoiseInData) {
  EXPECT_EQ(half_log_snr(1), -INFINITY);
  EXPECT_EQ(half_log_snr(0), INFINITY);
  EXPECT_EQ(half_log_snr(0.5), 0);
}

}  // namespace
}  // namespace zoetrope::diffusion
