#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// The orthogonal matrix nearest to `matrix` [m,n], up to singular values in about 0.7..1.2: five quintic Newton-Schulz steps with the
/// coefficients of Muon (Jordan et al. 2024). `compute` is the dtype of the steps, for which bf16 is enough; the result has the matrix's
/// own.
Tensor orthogonalise(const Tensor& matrix, at::ScalarType compute = at::kFloat);

}  // namespace zoetrope::training
