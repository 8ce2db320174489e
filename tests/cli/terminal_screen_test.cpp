#include "cli/terminal_screen.h"

#include <gmock/gmock.h>

namespace zoetrope::cli {
namespace {

int64_t count(const std::string& text, const std::string& what) {
  int64_t n = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

TEST(TerminalScreen, AHalfBlockHoldsTwoPixels) {
  Tensor frame = at::zeros({2, 1, 3}, at::kByte);
  frame[0][0].copy_(at::tensor({255, 0, 7}, at::kByte));
  frame[1][0].copy_(at::tensor({1, 2, 3}, at::kByte));
  EXPECT_EQ(half_blocks(frame, 1, 1), "\x1b[38;2;255;0;7m\x1b[48;2;1;2;3m▀\x1b[0m\x1b[K\r\n");
}

TEST(TerminalScreen, APictureFitsTheWindowInItsShape) {
  const Tensor wide = at::zeros({32, 64, 3}, at::kByte);
  std::string text = half_blocks(wide, 40, 100);  // as wide as the window
  EXPECT_EQ(count(text, "▀"), 40 * 10);
  EXPECT_EQ(count(text, "\r\n"), 10);
  text = half_blocks(wide, 400, 8);  // as high as it
  EXPECT_EQ(count(text, "\r\n"), 8);
  EXPECT_EQ(count(text, "▀"), 32 * 8);
}

}  // namespace
}  // namespace zoetrope::cli
