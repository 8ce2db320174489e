#include "zoetrope/evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "zoetrope/base/random.h"

namespace zoetrope::evaluation {
namespace {

void take_logarithms(std::vector<double>& ratios) {
  for (double& ratio : ratios) ratio = std::log(ratio);
}

}  // namespace

Interval wilson(int64_t hits, int64_t count) {
  if (count == 0) return {0, 1};
  constexpr double z = 1.959964;  // of 95%
  const double n = static_cast<double>(count), p = static_cast<double>(hits) / n;
  const double middle = p + z * z / (2 * n), half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)), scale = 1 + z * z / n;
  return {std::max(0., (middle - half) / scale), std::min(1., (middle + half) / scale)};
}

Interval bootstrap(const std::vector<double>& values, uint64_t seed) {
  constexpr int64_t samples = 2000;
  if (values.empty()) return {0, 0};
  base::Rng rng(seed);
  std::vector<double> means;
  for (int64_t i = 0; i < samples; ++i) {
    double sum = 0;
    for (size_t j = 0; j < values.size(); ++j) sum += values[rng.below(values.size())];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  return {means[samples / 40], means[samples - 1 - samples / 40]};
}

double geometric_mean(std::vector<double> ratios) {
  take_logarithms(ratios);
  return std::exp(mean(ratios));
}

Interval bootstrap_geometric(std::vector<double> ratios, uint64_t seed) {
  take_logarithms(ratios);
  Interval logarithms = bootstrap(ratios, seed);
  return {std::exp(logarithms.low), std::exp(logarithms.high)};
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
}

double average(Kind kind, const std::vector<double>& values) { return kind == Kind::ratio ? geometric_mean(values) : mean(values); }

Interval interval(Kind kind, const std::vector<double>& values, uint64_t seed) {
  if (kind == Kind::ratio) return bootstrap_geometric(values, seed);
  if (kind == Kind::mean) return bootstrap(values, seed);
  return wilson(std::lround(std::accumulate(values.begin(), values.end(), 0.)), std::ssize(values));
}

}  // namespace zoetrope::evaluation
