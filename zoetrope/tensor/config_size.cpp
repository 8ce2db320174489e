#include "zoetrope/tensor/config_size.h"

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {

int64_t config_size(const base::Json& value, const char* key, const char* component, int64_t largest) {
  if (!value.is_number_integer() || value < 1 || value > largest)
    throw base::Error("'{}' in the {}'s config.json must be a whole number from 1 to {}, got {}", key, component, largest, value.dump());
  return value;
}

}  // namespace zoetrope::tensor
