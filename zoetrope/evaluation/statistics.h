#pragma once
#include <cstdint>
#include <vector>

namespace zoetrope::evaluation {

struct Interval {
  double low, high;
};

/// The 95% interval of a share of which `hits` of `count` were seen (Wilson 1927); [0,1] for none.
Interval wilson(int64_t hits, int64_t count);

/// The 95% interval of the mean of `values`: percentiles of the means of 2000 samples drawn from them with replacement (Efron 1979).
/// The same seed gives the same interval.
Interval bootstrap(const std::vector<double>& values, uint64_t seed);

double mean(const std::vector<double>& values);

/// Mean and interval of ratios, of their logarithms: 2 and 1/2 balance to 1.
double geometric_mean(std::vector<double> ratios);
Interval bootstrap_geometric(std::vector<double> ratios, uint64_t seed);

/// How the values of many clips become one figure: the share of those that are right (1; else 0), their mean, or the geometric mean of
/// ratios.
enum class Kind { share, mean, ratio };
double average(Kind kind, const std::vector<double>& values);
Interval interval(Kind kind, const std::vector<double>& values, uint64_t seed);

}  // namespace zoetrope::evaluation
