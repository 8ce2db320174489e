#include "zoetrope/training/muon.h"

namespace zoetrope::training {

Tensor orthogonalise(const Tensor& matrix, at::ScalarType compute) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  bool tall = matrix.size(0) > matrix.size(1);
  Tensor x = tall ? matrix.t() : matrix;
  x = (x / (x.norm() + 1e-7)).to(compute);
  for (int step = 0; step < 5; ++step) {
    Tensor gram = at::matmul(x, x.t());  // [k,k] of the shorter side
    x = a * x + at::matmul(b * gram + c * gram.matmul(gram), x);
  }
  return (tall ? x.t() : x).to(matrix.scalar_type());
}

}  // namespace zoetrope::training
