#pragma once
#include <nlohmann/json.hpp>

extern template class nlohmann::basic_json<nlohmann::ordered_map>;  // compiled once, in json.cpp

namespace zoetrope::base {
/// JSON values that keep the order in which their keys were written, so that files read as they were meant.
using Json = nlohmann::ordered_json;
}  // namespace zoetrope::base
