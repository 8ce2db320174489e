#pragma once
#include <string>

namespace zoetrope::base {

/// 24576000 of "B" -> "24.6 MB"; 1234567 of " parameters" -> "1.2 M parameters".
std::string format_si(double value, const char* unit);

}  // namespace zoetrope::base
