#include "zoetrope/base/format_si.h"

#include <fmt/format.h>

namespace zoetrope::base {

std::string format_si(double value, const char* unit) {
  if (value < 1000) return fmt::format("{:.0f}{}{}", value, *unit == ' ' ? "" : " ", unit);
  const char* prefix = "kMGT";
  for (value /= 1000; value >= 1000 && prefix[1]; ++prefix) value /= 1000;
  return fmt::format("{:.1f} {}{}", value, *prefix, unit);
}

}  // namespace zoetrope::base
