#include "zoetrope/evaluation/seams.h"

#include <gtest/gtest.h>

#include "tests/draw.h"

namespace zoetrope::evaluation {
namespace {

/// An image whose brightness rises by `step` from column to column, and by `border` from a patch of 16 to the next.
Tensor stairs(double step, double border) {
  Tensor column = at::arange(64), patch = column.div(16, "floor");
  return (step * column + (border - step) * patch).to(at::kFloat).view({1, 1, 64, 1}).expand({2, 48, 64, 3});
}

TEST(Seams, AreTheStepAcrossABorderByTheStepBesideIt) {
  EXPECT_NEAR(seams(stairs(.001, .002)), 2, 1e-2);
  EXPECT_NEAR(seams(stairs(.001, .001)), 1, 1e-2);
  EXPECT_NEAR(seams(stairs(.001, .003).transpose(1, 2)), 3, 1e-2);  // rows as well as columns
}

TEST(Seams, AreOneWhereNothingChangesAndInNoise) {
  EXPECT_DOUBLE_EQ(seams(at::full({1, 48, 48, 3}, .5)), 1);
  EXPECT_NEAR(seams(draw({8, 96, 96, 3}, 1)), 1, .03);
}

TEST(ColumnProfile, TellsWhereInAPatchColumnsDiffer) {
  Tensor profile = column_profile(stairs(.001, .002));
  EXPECT_EQ(profile.numel(), 16);
  EXPECT_NEAR(profile[15].item<double>(), .002, 1e-6);
  EXPECT_NEAR(profile[7].item<double>(), .001, 1e-6);
}

}  // namespace
}  // namespace zoetrope::evaluation
