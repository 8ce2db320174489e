#include "zoetrope/generation/size_for_aspect.h"

#include <algorithm>
#include <cmath>

namespace zoetrope::generation {

std::pair<int64_t, int64_t> size_for_aspect(double aspect, const model::Defaults& defaults) {
  constexpr double close = 0.1;  // in the logarithm of width / height
  auto distance = [&](const std::pair<int64_t, int64_t>& size) {
    return std::abs(std::log(static_cast<double>(size.first) / static_cast<double>(size.second) / aspect));
  };
  auto nearest =
      std::min_element(defaults.sizes.begin(), defaults.sizes.end(), [&](auto& a, auto& b) { return distance(a) < distance(b); });
  if (nearest != defaults.sizes.end() && distance(*nearest) < close) return *nearest;

  // The sides are multiples, so the shape is met at some areas only: a fifth more or less area is worth 4% of the shape.
  constexpr double area_weight = 0.2;
  const int64_t m = defaults.size_multiple;
  const auto area = static_cast<double>(defaults.settings.width * defaults.settings.height);
  auto cost = [&](const std::pair<int64_t, int64_t>& size) {
    return distance(size) + area_weight * std::abs(std::log(static_cast<double>(size.first * size.second) / area));
  };
  std::pair<int64_t, int64_t> best{m, m};
  const auto tallest = static_cast<int64_t>(2 * std::sqrt(area / aspect)) + m;
  for (int64_t height = m; height <= tallest; height += m) {
    const auto below = static_cast<int64_t>(static_cast<double>(height) * aspect) / m * m;
    for (int64_t width : {std::max(m, below), below + m})
      if (cost({width, height}) < cost(best)) best = {width, height};
  }
  return best;
}

}  // namespace zoetrope::generation
