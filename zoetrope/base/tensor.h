#pragma once
// Tensors and what is done with them. The whole of <ATen/ATen.h> would cost every file a second more to compile.
#include <ATen/Functions.h>
#include <ATen/Tensor.h>
#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <c10/core/GradMode.h>

namespace zoetrope {
using at::Tensor;
}
