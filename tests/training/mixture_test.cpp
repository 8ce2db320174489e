#include "zoetrope/training/mixture.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

TEST(ParseMix, ReadsItsParts) {
  std::vector<Bucket> mix = parse_mixture("96x64x1:64:3, 128x96x33:8:0.5");
  ASSERT_EQ(mix.size(), 2u);
  EXPECT_EQ(mixture[0].shape.width, 96);
  EXPECT_EQ(mixture[0].shape.height, 64);
  EXPECT_EQ(mixture[0].shape.frames, 1);
  EXPECT_EQ(mixture[0].batch, 64);
  EXPECT_EQ(mixture[0].weight, 3);
  EXPECT_EQ(mixture[1].shape.frames, 33);
  EXPECT_EQ(mixture[1].weight, 0.5);
}

TEST(ParseMix, NamesThePartThatIsWrong) {
  for (const char* wrong :
       {"", "96x96", "96x96x33:8", "96x96x33:8:1x", "96x96x33:0:1", "96x96x33:8:0", "96x96x33:8:-1", "96x96x33:8:nan", "96x96x33:8:inf",
        "96x96x33:9999999:1", "96x96x32:8:1", "95x96x33:8:1", "0x96x33:8:1", "96x-96x33:8:1", "99999999999999999999x96x33:8:1", "clip"}) {
    std::string text = std::string("96x96x1:64:1,") + wrong + ",96x96x5:1:1";
    try {
      parse_mixture(text);
      ADD_FAILURE() << "took " << text;
    } catch (const base::UsageError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(fmt::format("'{}'", wrong)));
    }
  }
  EXPECT_THROW(parse_mixture(""), base::UsageError);
}

TEST(MixtureSchedule, GivesPartsByTheirShares) {
  MixtureSchedule schedule(parse_mixture("16x16x1:1:3,16x16x5:1:1"), 5);
  int64_t first = 0;
  for (int64_t step = 0; step < 4000; ++step) first += schedule.part(step) == 0;
  EXPECT_NEAR(static_cast<double>(first) / 4000, 0.75, 0.03);
}

TEST(MixtureSchedule, CountsTheBatchesBeforeAStep) {
  MixtureSchedule schedule(parse_mixture("16x16x1:1:2,16x16x5:1:1,16x16x9:1:1"), 7);
  std::vector<int64_t> before(3, 0);
  for (int64_t step = 0; step < 60; ++step) {
    for (size_t part = 0; part < 3; ++part) EXPECT_EQ(schedule.batches_before(step, part), before[part]);
    ++before[schedule.part(step)];
  }
}

TEST(MixtureSchedule, IsDecidedByTheSeed) {
  std::vector<Bucket> mix = parse_mixture("16x16x1:1:1,16x16x5:1:1");
  auto parts = [&](uint64_t seed) {
    std::vector<size_t> parts;
    for (int64_t step = 0; step < 64; ++step) parts.push_back(MixtureSchedule(mix, seed).part(step));
    return parts;
  };
  EXPECT_EQ(parts(1), parts(1));
  EXPECT_NE(parts(1), parts(2));
}

}  // namespace
}  // namespace zoetrope::training
