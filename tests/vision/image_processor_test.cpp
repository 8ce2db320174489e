#include "zoetrope/vision/image_processor.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::vision {
namespace {

Tensor grey(int64_t height, int64_t width) { return at::full({height, width, 3}, 128, at::kByte); }

TEST(ImageProcessor, ResizesCutsAndNormalises) {
  ImageProcessor squares = ImageProcessor::from_json({{"size", {{"height", 6}, {"width", 4}}}});
  Tensor pixels = squares(grey(9, 30));
  EXPECT_EQ(pixels.sizes(), (std::vector<int64_t>{1, 3, 6, 4}));
  EXPECT_TRUE(at::allclose(pixels, at::full_like(pixels, (128 / 255.0 - 0.5) / 0.5), 0, 1e-6));

  ImageProcessor clip = ImageProcessor::from_json({{"size", {{"shortest_edge", 8}}}, {"do_center_crop", true}, {"crop_size", 6}});
  EXPECT_EQ(clip(grey(20, 10)).sizes(), (std::vector<int64_t>{1, 3, 6, 6}));

  ImageProcessor nothing = ImageProcessor::from_json({{"do_resize", false}, {"do_rescale", false}, {"do_normalize", false}});
  EXPECT_TRUE(nothing(grey(3, 5)).equal(at::full({1, 3, 3, 5}, 128.0)));
}

TEST(ImageProcessor, RefusesWhatPillowHasNot) {
  EXPECT_THROW(ImageProcessor::from_json({{"resample", 0}}), base::Error);
  EXPECT_THROW(ImageProcessor::from_json({{"size", -1}}), base::Error);
  EXPECT_THROW(ImageProcessor::from_json({{"image_mean", {0.5}}}), base::Error);
  ImageProcessor large = ImageProcessor::from_json({{"size", {{"shortest_edge", 4}}}, {"do_center_crop", true}, {"crop_size", 9}});
  EXPECT_THROW(large(grey(8, 8)), base::Error);
}

}  // namespace
}  // namespace zoetrope::vision
