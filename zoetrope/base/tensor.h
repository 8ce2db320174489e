#pragma once
#include <ATen/ATen.h>

namespace zoetrope {
using at::Tensor;
}
