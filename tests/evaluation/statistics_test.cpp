#include "zoetrope/evaluation/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::evaluation {
namespace {

TEST(Wilson, HasTheKnownValues) {
  struct {
    int64_t hits, count;
    double low, high;
  } known[] = {{8, 10, .490162, .943318}, {0, 10, 0, .277533}, {10, 10, .722467, 1}, {50, 100, .403832, .596168}, {1, 3, .061492, .792340}};
  for (auto [hits, count, low, high] : known) {
    EXPECT_NEAR(wilson(hits, count).low, low, 1e-6) << hits << " of " << count;
    EXPECT_NEAR(wilson(hits, count).high, high, 1e-6) << hits << " of " << count;
  }
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

TEST(Wilson, HoldsTheTrueShareInAboutNinetyFiveOfAHundredCases) {
  constexpr int64_t n = 60;
  double covered = 0;
  int shares = 0;
  for (double p = .1; p < .95; p += .05, ++shares)
    for (int64_t k = 0; k <= n; ++k) {
      auto log_factorial = [](int64_t m) { return std::lgamma(static_cast<double>(m) + 1); };
      const double chance = std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) + static_cast<double>(k) * std::log(p) +
                                     static_cast<double>(n - k) * std::log(1 - p));
      Interval found = wilson(k, n);
      if (found.low <= p && p <= found.high) covered += chance;
    }
  EXPECT_NEAR(covered / shares, .95, .01);
}

TEST(Bootstrap, IsAsWideAsTheNormalIntervalOfAMeanOfMany) {
  base::Rng rng(1);
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(rng.uniform(2, 5));
  const double half = 1.96 * 3 / std::sqrt(12. * 300);  // the deviation of a uniform distribution over the root of their number
  Interval found = bootstrap(values, 7);
  EXPECT_NEAR(mean(values) - found.low, half, .15 * half);
  EXPECT_NEAR(found.high - mean(values), half, .15 * half);
}

TEST(Bootstrap, RepeatsItselfForTheSameSeed) {
  std::vector<double> values{1, 2, 4, 8, 16};
  EXPECT_EQ(bootstrap(values, 3).low, bootstrap(values, 3).low);
  EXPECT_EQ(bootstrap(values, 3).high, bootstrap(values, 3).high);
  Interval all_alike = bootstrap({2.5, 2.5, 2.5}, 3);
  EXPECT_EQ(all_alike.low, 2.5);
  EXPECT_EQ(all_alike.high, 2.5);
  EXPECT_EQ(bootstrap({}, 3).high, 0);
}

TEST(GeometricMean, BalancesARatioAndItsInverse) {
  EXPECT_DOUBLE_EQ(geometric_mean({.5, 2}), 1);
  Interval around = bootstrap_geometric({.5, 2, .5, 2, .5, 2}, 3);
  EXPECT_NEAR(around.low * around.high, 1, .1);
  EXPECT_LT(around.low, 1);
}

TEST(Mean, IsTheSumByTheCount) {
  EXPECT_DOUBLE_EQ(mean({1, 2, 6}), 3);
  EXPECT_EQ(mean({}), 0);
}

}  // namespace
}  // namespace zoetrope::evaluation
