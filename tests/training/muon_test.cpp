#include "zoetrope/training/muon.h"

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/base/random.h"

namespace zoetrope::training {
namespace {

TEST(Orthogonalise, BringsSingularValuesNearOne) {
  for (auto [rows, columns] : {std::pair{24, 96}, {96, 24}, {16, 40}}) {
    for (double size : {1e-4, 1.0, 1e4}) {
      Tensor values = at::linalg_svdvals(orthogonalise(draw({rows, columns}) * size));
      EXPECT_GT(values.min().item<float>(), 0.65) << rows << "x" << columns;
      EXPECT_LT(values.max().item<float>(), 1.25) << rows << "x" << columns;
    }
  }
}

TEST(Orthogonalise, KeepsTheSingularVectors) {
  Tensor matrix = draw({12, 30});
  auto [u, s, vh] = at::linalg_svd(matrix, /*full_matrices=*/false);
  Tensor inside = at::matmul(at::matmul(u.t(), orthogonalise(matrix)), vh.t());
  EXPECT_LT((inside - inside.diagonal().diag()).abs().max().item<float>(), 1e-3);
  EXPECT_GT(inside.diagonal().min().item<float>(), 0);
}

TEST(Orthogonalise, IsGoodEnoughInHalfPrecision) {
  Tensor matrix = draw({16, 64}), half = orthogonalise(matrix, at::kBFloat16);
  EXPECT_EQ(half.scalar_type(), at::kFloat);
  EXPECT_LT((half - orthogonalise(matrix)).abs().max().item<float>(), 0.1);
}

TEST(Orthogonalise, LeavesZeroZero) { EXPECT_TRUE(orthogonalise(at::zeros({4, 6})).equal(at::zeros({4, 6}))); }

}  // namespace
}  // namespace zoetrope::training
