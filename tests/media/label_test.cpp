#include "zoetrope/media/label.h"

#include <gtest/gtest.h>

namespace zoetrope::media {
namespace {

int64_t ink(const Tensor& image) { return image.lt(128).sum().item<int64_t>(); }

TEST(Label, DrawsDarkLettersOnWhite) {
  Tensor image = draw_label("A red ball", 200);
  EXPECT_EQ(image.size(1), 200);
  EXPECT_EQ(image.size(2), 3);
  EXPECT_EQ(image[0][0][0].item<int>(), 255);
  EXPECT_GT(ink(image), 30);
  EXPECT_EQ(ink(draw_label(" ", 200)), 0);
}

TEST(Label, WrapsAtWordsAndInsideTextWithoutSpaces) {
  int64_t one = draw_label("ball", 400).size(0);
  EXPECT_EQ(draw_label("a ball", 400).size(0), one);
  EXPECT_GT(draw_label("a red ball rolls over the meadow and then it bounces away again", 100).size(0), 3 * one);
  EXPECT_GT(draw_label("一个红色的球在草地上滚动然后弹开一个红色的球在草地上滚动", 100).size(0), one);
  EXPECT_GT(draw_label("two\nlines", 400).size(0), one);
}

TEST(Label, DrawsAnyBytes) {
  EXPECT_GT(ink(draw_label(std::string("\xff\xfe\xc3(\xed\xa0\x80 \x00 end", 13), 200)), 0);
  EXPECT_EQ(draw_label("", 50).size(1), 50);
}

}  // namespace
}  // namespace zoetrope::media
