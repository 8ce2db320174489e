#pragma once
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace zoetrope {
using at::Tensor;
}
