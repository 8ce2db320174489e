#include "zoetrope/evaluation/recogniser/frame_task.h"

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "tests/evaluation/train.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::evaluation {
namespace {

struct FrameTaskTest : testing::Test {
  FrameTask task(int64_t batch) { return FrameTask(dataset, batch, /*workers=*/1, /*seed=*/1, {}); }
  static RecogniserDatasetSettings settings() {
    RecogniserDatasetSettings s;
    s.world = test::small_world();
    return s;
  }
  TemporaryFolder folder;
  RecogniserDataset dataset{settings(), nullptr};
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
  for (const char* share : {"object_accuracy", "corrupted_rejected", "colour_accuracy", "scene_accuracy", "count_accuracy", "mask_iou"}) {
    EXPECT_GE(metrics.at(share).get<double>(), 0) << share;
    EXPECT_LE(metrics.at(share).get<double>(), 1) << share;
  }
}

TEST_F(FrameTaskTest, SavesTheFrameNetworkWithItsLists) {
  FrameTask learner = task(2);
  learner.save_model(folder / "model");
  EXPECT_EQ(tensor::read_config(folder / "model/recogniser"), dataset.config().to_json());
  tensor::Checkpoint saved(folder / "model/recogniser");
  vision::FrameClassifier network(tensor::Weights(saved, "frame"), dataset.config().frame, dataset.config().frame_classes());
  EXPECT_TRUE(saved.unused().empty());
}

}  // namespace
}  // namespace zoetrope::evaluation
