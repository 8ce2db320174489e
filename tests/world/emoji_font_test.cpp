#include "zoetrope/world/emoji_font.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/complaint.h"

namespace zoetrope::world {
namespace {

std::string refusal(char32_t character) {
  return complaint([&] { emoji_bitmap(character); });
}

TEST(EmojiFont, CutsAPictureToItsInk) {
  Bitmap cat = emoji_bitmap(U'🐱');
  EXPECT_GT(cat.width, 90);
  EXPECT_LT(cat.width, 140);
  auto inked = [&](int x, int y) { return cat.pixels[static_cast<size_t>(y) * cat.width + x] >> 24 != 0; };
  bool left = false, right = false, top = false, bottom = false;
  for (int y = 0; y < cat.height; ++y) left |= inked(0, y), right |= inked(cat.width - 1, y);
  for (int x = 0; x < cat.width; ++x) top |= inked(x, 0), bottom |= inked(x, cat.height - 1);
  EXPECT_TRUE(left && right && top && bottom);
}

TEST(EmojiFont, PixelsArePremultiplied) {
  for (uint32_t p : emoji_bitmap(U'🍎').pixels)
    for (int shift : {0, 8, 16}) ASSERT_LE(p >> shift & 255, p >> 24);
}

TEST(EmojiFont, NamesThePackageWhenTheImageIsMissing) { EXPECT_NE(refusal(U'A').find("fonts-noto-color-emoji"), std::string::npos); }

TEST(EmojiFont, NamesTheVariableThatIsWrong) {
  setenv("ZOETROPE_EMOJI_FONT", "/nowhere/font.ttf", 1);
  std::string missing = refusal(U'🐱');
  setenv("ZOETROPE_EMOJI_FONT", "/proc/self/exe", 1);
  std::string wrong = refusal(U'🐱');
  unsetenv("ZOETROPE_EMOJI_FONT");
  EXPECT_NE(missing.find("/nowhere/font.ttf"), std::string::npos);
  EXPECT_NE(wrong.find("not a font of colour bitmaps"), std::string::npos);
}

}  // namespace
}  // namespace zoetrope::world
