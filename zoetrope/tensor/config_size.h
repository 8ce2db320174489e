#pragma once
#include <cstdint>

#include "zoetrope/base/json.h"

namespace zoetrope::tensor {

/// The value of `key` in the config.json of a `component` ("denoiser"): a whole number from 1 to `largest`, or an error that names all
/// of them.
int64_t config_size(const base::Json& value, const char* key, const char* component, int64_t largest);

}  // namespace zoetrope::tensor
