#include "zoetrope/evaluation/reconstruction.h"

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/evaluation/small_world.h"
#include "zoetrope/training/autoencoder_task.h"

namespace zoetrope::evaluation {
namespace {

constexpr data::ClipShape shape{5, 32, 48, {8, 1}};

const Score* find(const Report& report, const std::string& name) {
  for (const Score& score : report.scores)
    if (score.name == name) return &score;
  return nullptr;
}

/// Nobody knows where the subject is.
class WithoutFocus : public data::test::Dots {
 public:
  data::Example example(uint64_t index, const data::ClipShape& s) const override {
    data::Example e = Dots::example(index, s);
    e.subject_mask = Tensor();
    return e;
  }
};

TEST(ReconstructionSuite, TellsTheMeansOverClipsWithIntervals) {
  base::Observer observer;
  data::test::Dots source;
  Report report = reconstruction(test::Grey(), source, shape, 6, 1, observer);
  training::Reconstruction expected = training::reconstruction(test::Grey(), source, shape, 6);
  EXPECT_EQ(report.suite, "reconstruction");
  ASSERT_EQ(report.scores.size(), 4u);
  EXPECT_NEAR(find(report, "psnr")->value, expected.psnr, 1e-9);
  EXPECT_NEAR(find(report, "psnr_subject")->value, expected.psnr_subject, 1e-9);
  EXPECT_GT(find(report, "decoding")->value, 0);
  EXPECT_NEAR(find(report, "seams")->value, 1, 1e-9);  // of grey frames
  EXPECT_GT(find(report, "seams")->ceiling.value(), 0);
  for (const Score& score : report.scores) {
    EXPECT_LE(score.interval.low, score.value);
    EXPECT_GE(score.interval.high, score.value);
    EXPECT_EQ(score.clips, 6);
  }
}

TEST(ReconstructionSuite, ShowsWhatWasDrawnAboveWhatWasDecoded) {
  base::Observer observer;
  data::test::Dots source;
  Report report = reconstruction(test::Grey(), source, shape, 2, 1, observer);
  ASSERT_EQ(report.strips.size(), 2u);
  data::Example example = source.example(1, shape);
  EXPECT_EQ(report.strips[1].title, example.caption);
  Tensor frames = report.strips[1].frames;
  ASSERT_EQ(frames.sizes(), at::IntArrayRef({5, 64, 48, 3}));
  EXPECT_TRUE(frames.narrow(1, 0, 32).equal(example.clip.frames));
  EXPECT_TRUE((frames.narrow(1, 32, 32) == 128).all().item<bool>());
}

TEST(ReconstructionSuite, LeavesTheSubjectOutWhereNobodyKnowsIt) {
  base::Observer observer;
  Report report = reconstruction(test::Grey(), WithoutFocus(), shape, 2, 1, observer);
  EXPECT_NE(find(report, "psnr"), nullptr);
  EXPECT_EQ(find(report, "psnr_subject"), nullptr);
}

}  // namespace
}  // namespace zoetrope::evaluation
