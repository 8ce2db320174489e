#pragma once
#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// The orthogonal matrix nearest to `matrix` [m,n], up to singular values in about 0.7..1.2: five quintic Newton-Schulz steps with the
/// coefficients of Muon (Jordan et al. 2024).
Tensor orthogonalise(const Tensor& matrix);

}  // namespace zoetrope::training
