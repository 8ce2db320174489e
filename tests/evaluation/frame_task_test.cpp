#include "zoetrope/evaluation/frame_task.h"

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "tests/evaluation/train.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::evaluation {
namespace {

struct FrameTaskTest : testing::Test {
  FrameTask task(int64_t batch) { return FrameTask(showings, batch, /*workers=*/1, /*seed=*/1, at::kFloat); }
  static ShowingSettings settings() {
    ShowingSettings s;
    s.world = test::small_world();
    return s;
  }
  TemporaryFolder folder;
  Showings showings{settings(), nullptr};
};

TEST_F(FrameTaskTest, LearnsALittle) {
  FrameTask learner = task(12);
  std::vector<double> losses = test::train(learner, test::loop(24), folder / "run");
  EXPECT_LT(losses.back(), .85 * losses.front());
}

TEST_F(FrameTaskTest, ResumedIsTheSameAsUninterrupted) {
  FrameTask whole = task(2), begun = task(2), resumed = task(2);
  std::vector<double> losses = test::train(whole, test::loop(4), folder / "whole");
  test::train_until(begun, test::loop(4), folder / "stopped", 2);
  EXPECT_EQ(test::train(resumed, test::loop(4), folder / "stopped"), losses);
  for (const auto& [name, parameter] : whole.parameters()) EXPECT_TRUE(parameter.equal(resumed.parameters().at(name))) << name;
}

TEST_F(FrameTaskTest, ShowsAndMeasuresWhatItHasNotSeen) {
  FrameTask learner = task(2);
  base::Json metrics;
  learner.sample(folder / "sample", metrics);
  EXPECT_GT(std::filesystem::file_size(folder / "sample.png"), 1000u);
  for (const char* share : {"object_right", "spoiled_found", "colour_right", "scene_right", "count_right", "mask_overlap"}) {
    EXPECT_GE(metrics.at(share).get<double>(), 0) << share;
    EXPECT_LE(metrics.at(share).get<double>(), 1) << share;
  }
}

TEST_F(FrameTaskTest, SavesTheFrameNetworkWithItsLists) {
  FrameTask learner = task(2);
  learner.save_model(folder / "model");
  EXPECT_EQ(tensor::read_config(folder / "model/recogniser"), showings.config().to_json());
  tensor::Checkpoint saved(folder / "model/recogniser");
  vision::FrameNetwork network(tensor::Weights(saved, "frame"), showings.config().frame, showings.config().frame_classes());
  EXPECT_TRUE(saved.unused().empty());
}

}  // namespace
}  // namespace zoetrope::evaluation
