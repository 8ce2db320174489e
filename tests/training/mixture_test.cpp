#include "zoetrope/training/mixture.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

TEST(ParseMixture, ReadsItsBuckets) {
  std::vector<Bucket> mixture = parse_mixture("96x64x1:64:3, 128x96x33:8:0.5");
  ASSERT_EQ(mixture.size(), 2u);
  EXPECT_EQ(mixture[0].shape.width, 96);
  EXPECT_EQ(mixture[0].shape.height, 64);
  EXPECT_EQ(mixture[0].shape.frames, 1);
  EXPECT_EQ(mixture[0].batch, 64);
  EXPECT_EQ(mixture[0].weight, 3);
  EXPECT_EQ(mixture[1].shape.frames, 33);
  EXPECT_EQ(mixture[1].weight, 0.5);
}

TEST(ParseMixture, NamesTheBucketThatIsWrong) {
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

TEST(MixtureSchedule, DrawsBucketsByTheirWeights) {
  MixtureSchedule schedule(parse_mixture("16x16x1:1:3,16x16x5:1:1"), 5);
  int64_t first = 0;
  for (int64_t step = 0; step < 4000; ++step) first += schedule.bucket(step) == 0;
  EXPECT_NEAR(static_cast<double>(first) / 4000, 0.75, 0.03);
}

TEST(MixtureSchedule, CountsTheBatchesBeforeAStep) {
  MixtureSchedule schedule(parse_mixture("16x16x1:1:2,16x16x5:1:1,16x16x9:1:1"), 7);
  std::vector<int64_t> before(3, 0);
  for (int64_t step = 0; step < 60; ++step) {
    for (size_t bucket = 0; bucket < 3; ++bucket) EXPECT_EQ(schedule.batches_before(step, bucket), before[bucket]);
    ++before[schedule.bucket(step)];
  }
}

TEST(MixtureSchedule, IsDecidedByTheSeed) {
  std::vector<Bucket> mixture = parse_mixture("16x16x1:1:1,16x16x5:1:1");
  auto buckets = [&](uint64_t seed) {
    std::vector<size_t> buckets;
    for (int64_t step = 0; step < 64; ++step) buckets.push_back(MixtureSchedule(mixture, seed).bucket(step));
    return buckets;
  };
  EXPECT_EQ(buckets(1), buckets(1));
  EXPECT_NE(buckets(1), buckets(2));
}

}  // namespace
}  // namespace zoetrope::training
