#include "zoetrope/media/resize.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "zoetrope/base/error.h"

namespace zoetrope::media {
namespace {

TEST(Resize, AveragesWhatItMakesSmaller) {
  Tensor checks = ((at::arange(64).view({64, 1, 1}) + at::arange(64).view({1, 64, 1})) % 2 * 255).expand({64, 64, 3}).to(at::kByte);
  Tensor small = resize(checks, 8, 8);
  EXPECT_EQ(small.sizes(), (std::vector<int64_t>{8, 8, 3}));
  EXPECT_LE((small.to(at::kInt) - 128).abs().max().item<int>(), 2);  // without averaging: all black or all white
}

TEST(Resize, KeepsFlatColoursTypeAndOwnSize) {
  Tensor flat = at::full({3, 10, 12, 3}, 77, at::kByte);
  EXPECT_TRUE(resize(flat, 23, 31).equal(at::full({3, 23, 31, 3}, 77, at::kByte)));
  EXPECT_EQ(resize(flat.to(at::kFloat), 5, 5).scalar_type(), at::kFloat);
  EXPECT_TRUE(resize(flat, 10, 12).equal(flat));
}

TEST(Resize, ComesBackFromLarger) {
  Tensor frames = test::moving_clip(2, 40, 60).frames;
  EXPECT_GT(test::psnr(resize(resize(frames, 80, 120), 40, 60), frames), 40);
}

TEST(Fit, CutsTheMiddleToShape) {
  Tensor wide = at::zeros({1, 10, 30, 3}, at::kByte);
  wide.narrow(2, 10, 10).fill_(255);
  EXPECT_TRUE(fit(wide, 20, 20).equal(at::full({1, 20, 20, 3}, 255, at::kByte)));
  EXPECT_TRUE(fit(wide.transpose(1, 2), 20, 20).equal(at::full({1, 20, 20, 3}, 255, at::kByte)));
  EXPECT_EQ(fit(wide[0], 7, 1000).sizes(), (std::vector<int64_t>{7, 1000, 3}));
}

TEST(Resize, RefusesEmptySizes) {
  EXPECT_THROW(resize(at::zeros({1, 4, 4, 3}, at::kByte), 0, 4), base::Error);
  EXPECT_THROW(resize(at::zeros({0, 4, 4, 3}, at::kByte), 4, 4), base::Error);
  EXPECT_THROW(fit(at::zeros({1, 4, 4, 3}, at::kByte), 4, -1), base::Error);
}

}  // namespace
}  // namespace zoetrope::media
