#include "zoetrope/generation/windows.h"

#include <gtest/gtest.h>

namespace zoetrope::generation {
namespace {

TEST(Windows, OneIsEnoughForAClipThatFits) {
  for (int64_t t : {1, 5, 9}) {
    std::vector<Window> windows = windows_of(t, 9);
    ASSERT_EQ(windows.size(), 1u);
    EXPECT_EQ(windows[0].count, t);
    EXPECT_EQ(windows[0].known(), 0);
  }
}

TEST(Windows, CoverTheClipAndContinueEachOther) {
  for (int64_t at_once : {2, 3, 9, 21})
    for (int64_t t : {10, 17, 31, 241}) {
      int64_t made = 0;
      for (const Window& w : windows_of(t, at_once)) {
        EXPECT_EQ(w.begin, made);
        EXPECT_GE(w.count, 1);
        if (made > 0) {
          EXPECT_GE(w.context, 1);
          EXPECT_LE(w.context, w.begin);
          EXPECT_EQ(w.anchored, w.context < w.begin) << "the first latent frame is in front in any case";
          EXPECT_EQ(w.positions().front(), 0);
          EXPECT_GE(w.latent_frames(), at_once) << "the last window, too, is as long as the model's clips";
        }
        EXPECT_EQ(std::ssize(w.positions()), w.latent_frames());
        EXPECT_EQ(w.positions().back(), w.begin + w.count - 1);
        made += w.count;
      }
      EXPECT_EQ(made, t);
    }
}

TEST(Chain, OfClipsCoversTheWholeInEqualParts) {
  EXPECT_EQ(chain_of(9, 9).size(), 1u);
  for (int64_t at_once : {2, 5, 21})
    for (int64_t t : {22, 31, 42, 241}) {
      const std::vector<Window> chain = chain_of(t, at_once);
      int64_t made = 0;
      for (const Window& w : chain) {
        EXPECT_EQ(w.begin, made);
        EXPECT_EQ(w.known(), made == 0 ? 0 : 1) << "the last frame of the clip before";
        EXPECT_LE(w.latent_frames(), at_once);
        EXPECT_GE(w.latent_frames() + 1, chain.front().latent_frames());
        made += w.count;
      }
      EXPECT_EQ(made, t);
    }
}

TEST(Windows, KeepTheirPlaceInTime) {
  std::vector<Window> windows = windows_of(24, 9);
  ASSERT_EQ(windows.size(), 4u);
  EXPECT_EQ(windows[1].positions(), (std::vector<int64_t>{0, 6, 7, 8, 9, 10, 11, 12, 13}));
  EXPECT_EQ(windows[3].positions(), (std::vector<int64_t>{0, 16, 17, 18, 19, 20, 21, 22, 23}));
}

}  // namespace
}  // namespace zoetrope::generation
