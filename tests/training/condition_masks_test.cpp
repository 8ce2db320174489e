#include "zoetrope/training/condition_masks.h"

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::training {
namespace {

/// The latent frames that are known whole, as a word: "1..01" for the first and the last of five.
std::string frames_of(const Tensor& known) {
  std::string word;
  for (int64_t t = 0; t < known.size(0); ++t) {
    int64_t count = known[t].sum().item<int64_t>();
    word += count == 0 ? '.' : count == known[t].numel() ? '#' : '+';
  }
  return word;
}

std::map<std::string, int64_t> draw_many(const transformer::Grid& grid, int64_t count) {
  at::Generator generator = base::generator(3);
  std::map<std::string, int64_t> words;
  for (int64_t i = 0; i < count; ++i) {
    Tensor known = sample_mask(grid, generator);
    EXPECT_EQ(known.scalar_type(), at::kBool);
    EXPECT_EQ(known.sizes(), (std::vector<int64_t>{grid.t, grid.h, grid.w}));
    EXPECT_FALSE(known.all().item<bool>());
    ++words[frames_of(known)];
  }
  return words;
}

TEST(DrawKnown, MakesWhatTheTasksOfGenerationAskFor) {
  auto words = draw_many({5, 3, 4}, 1000);
  EXPECT_GT(words["#...."], 250) << "an image to animate";
  for (const char* past : {"##...", "###..", "####."}) EXPECT_GT(words[past], 20) << past;
  for (const char* future : {"....#", "...##", "..###", ".####"}) EXPECT_GT(words[future], 15) << future;
  EXPECT_GT(words["#...#"], 50) << "both ends";
  EXPECT_GT(words["+++++"], 50) << "a region that stands still";
  int64_t moving = 0;
  for (const auto& [word, count] : words)
    if (word.find('+') != std::string::npos && word != "+++++") moving += count;
  EXPECT_GT(moving, 20) << "a region of some frames";
}

TEST(DrawKnown, KnowsRegionsOfPictures) {
  auto words = draw_many({1, 4, 4}, 200);
  EXPECT_GT(words["+"], 150);
}

TEST(DrawKnown, LeavesSomethingFreeHoweverSmallTheGrid) {
  draw_many({1, 1, 1}, 20);
  draw_many({2, 1, 1}, 100);
}

}  // namespace
}  // namespace zoetrope::training
