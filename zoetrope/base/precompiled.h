#pragma once
// What nearly every file needs and what is slow to compile; precompiled once for all modules and tests.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "zoetrope/base/tensor.h"
