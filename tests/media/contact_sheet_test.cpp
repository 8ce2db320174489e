#include "zoetrope/media/contact_sheet.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::media {
namespace {

TEST(ContactSheet, TakesTheFirstTheLastAndEvenStepsBetween) {
  EXPECT_EQ(evenly_spaced(33, 5), (std::vector<int64_t>{0, 8, 16, 24, 32}));
  EXPECT_EQ(evenly_spaced(3, 8), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(evenly_spaced(9, 1), (std::vector<int64_t>{0}));
}

TEST(ContactSheet, ShowsFramesInReadingOrder) {
  Tensor frames = at::arange(6, at::kByte).view({6, 1, 1, 1}).expand({6, 5, 7, 3}).contiguous();
  Tensor sheet = contact_sheet({frames, {16, 1}}, 6, 3);
  EXPECT_EQ(sheet.sizes(), (std::vector<int64_t>{2 * 5 + 4, 3 * 7 + 2 * 4, 3}));
  EXPECT_EQ(sheet[0][0][0].item<int>(), 0);
  EXPECT_EQ(sheet[0][7][0].item<int>(), 255);  // the gap
  EXPECT_EQ(sheet[0][11][0].item<int>(), 1);
  EXPECT_EQ(sheet[13][28][2].item<int>(), 5);
}

TEST(ContactSheet, OfOneFrameIsThatFrame) {
  Tensor frame = at::randint(0, 256, {1, 9, 11, 3}, at::kByte);
  EXPECT_TRUE(contact_sheet({frame, {16, 1}}).equal(frame[0]));
}

TEST(LabelledSheet, PutsEachRowBelowItsLabel) {
  Tensor dark = at::zeros({3, 20, 100, 3}, at::kByte), light = at::full({1, 10, 30, 3}, 200, at::kByte);
  Tensor sheet = labelled_sheet({{"a red ball rolls to the left", dark}, {"", light}});
  EXPECT_EQ(sheet.size(1), 3 * 104 - 4);
  int64_t label = sheet.size(0) - (20 + 4) - (10 + 4);
  EXPECT_GT(label, 10);
  EXPECT_LT(sheet.narrow(0, 0, label).min().item<int>(), 100);  // there are letters
  EXPECT_EQ(sheet[label][0][0].item<int>(), 0);
  EXPECT_EQ(sheet[label + 24][0][0].item<int>(), 200);
  EXPECT_EQ(sheet[label + 24][30][0].item<int>(), 255);
}

TEST(LabelledSheet, OfManyRowsHasColumns) {
  std::vector<SheetRow> rows;
  for (int64_t i = 0; i < 25; ++i) rows.push_back({"", at::full({1, 100, 100, 3}, 10 * i, at::kByte)});
  Tensor sheet = labelled_sheet(rows);  // 240 wide and 2600 high in one column
  ASSERT_EQ(sheet.sizes(), at::IntArrayRef({9 * 104, 3 * 244 - 4, 3}));
  EXPECT_EQ(sheet[104][0][0].item<int>(), 10);
  EXPECT_EQ(sheet[0][244][0].item<int>(), 90);
  EXPECT_EQ(sheet[7 * 104][2 * 244 - 1 + 1][0].item<int>(), 255);  // the last column is shorter
}

TEST(LabelledSheet, RefusesARowWithoutFrames) {
  EXPECT_THROW(labelled_sheet({{"empty", at::empty({0, 4, 4, 3}, at::kByte)}}), base::Error);
}

}  // namespace
}  // namespace zoetrope::media
