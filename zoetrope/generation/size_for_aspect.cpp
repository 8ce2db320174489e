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
  double area = static_cast<double>(defaults.settings.width * defaults.settings.height), m = static_cast<double>(defaults.size_multiple);
  auto rounded = [&](double side) { return std::max<int64_t>(1, std::llround(side / m)) * defaults.size_multiple; };
  return {rounded(std::sqrt(area * aspect)), rounded(std::sqrt(area / aspect))};
}

}  // namespace zoetrope::generation
