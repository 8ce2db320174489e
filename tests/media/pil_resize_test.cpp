#include "zoetrope/media/pil_resize.h"

#include <gtest/gtest.h>

namespace zoetrope::media {
namespace {

TEST(PilResize, KeepsEvenImagesAndSizesThatStay) {
  Tensor even = at::full({5, 7, 3}, 200, at::kByte);
  for (auto how : {Resampling::lanczos, Resampling::bilinear, Resampling::bicubic, Resampling::box}) {
    EXPECT_TRUE(pil_resize(even, 3, 11, how).equal(at::full({3, 11, 3}, 200, at::kByte)));
    EXPECT_TRUE(pil_resize(even, 5, 7, how).equal(even));
  }
}

TEST(PilResize, OfABoxIsTheMeanOfItsPixels) {
  Tensor image = at::tensor({0, 100, 10, 30}, at::kByte).view({2, 2, 1}).expand({2, 2, 3});
  EXPECT_TRUE(pil_resize(image, 1, 1, Resampling::box).equal(at::full({1, 1, 3}, 35, at::kByte)));
}

}  // namespace
}  // namespace zoetrope::media
