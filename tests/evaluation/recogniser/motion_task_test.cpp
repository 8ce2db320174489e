#include "zoetrope/evaluation/recogniser/motion_task.h"

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "tests/evaluation/train.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t motions = 4, features = 8;  // of the tiny judge

/// Clips whose first measure moves as their motion says: to the left, to the right, up and down, or not at all.
MotionFeatures made_up_features(int64_t clips) {
  at::Generator generator = base::generator(1);
  MotionFeatures t{.02 * base::randn({clips, 17, vision::num_geometry_features}, generator), base::randn({clips, 17, features}, generator),
                   at::randint(0, motions + 1, {clips}, generator, at::kLong), at::zeros({clips}, at::kLong)};
  Tensor time = at::linspace(-1, 1, 17).unsqueeze(0), motion = t.motion.unsqueeze(1);
  t.geometry.select(2, 0).add_(at::where(motion == 0, -time, at::where(motion == 1, time, at::where(motion == 2, time.abs(), 0 * time))));
  t.direction.masked_fill_(t.motion == 0, 1).masked_fill_(t.motion == 1, 2);
  return t;
}

struct MotionTaskTest : testing::Test {
  MotionTask task(int64_t clips = 200) { return MotionTask(made_up_features(clips), config, frame, /*batch=*/32, /*seed=*/1); }
  static std::map<std::string, Tensor> frame_weights(const vision::RecogniserConfig& config) {
    std::map<std::string, Tensor> weights = vision::test::random_weights(config);
    std::erase_if(weights, [](const auto& item) { return !item.first.starts_with("frame."); });
    return weights;
  }
  TemporaryFolder folder;
  vision::RecogniserConfig config = test::tiny_judge();
  std::map<std::string, Tensor> frame = frame_weights(config);
};

TEST_F(MotionTaskTest, LearnsToClassifyMotion) {
  MotionTask learner = task();
  std::vector<double> losses = test::train(learner, test::loop(200), folder / "run");
  EXPECT_LT(losses.back(), .6 * losses.front());
  base::Json metrics;
  learner.sample(folder / "sample", metrics);
  EXPECT_GT(metrics["direction_accuracy"].get<double>(), .8);
  EXPECT_EQ(metrics["motions"].size(), 4u);
}

TEST_F(MotionTaskTest, ResumedIsTheSameAsUninterrupted) {
  MotionTask whole = task(), begun = task(), resumed = task();
  std::vector<double> losses = test::train(whole, test::loop(8), folder / "whole");
  test::train_until(begun, test::loop(8), folder / "stopped", 3);
  EXPECT_EQ(test::train(resumed, test::loop(8), folder / "stopped"), losses);
}

TEST_F(MotionTaskTest, IsNotTrainedOnTheTenthThatItIsMeasuredOn) {
  MotionFeatures clips = made_up_features(200), other = made_up_features(200);
  other.geometry = other.geometry.clone();
  other.geometry.narrow(0, 0, 20).fill_(100);
  MotionTask one(clips, config, frame, 32, 1), two(other, config, frame, 32, 1);
  base::Json metrics, changed;
  for (int64_t step = 0; step < 8; ++step) EXPECT_EQ(one.loss(step, metrics).item<float>(), two.loss(step, metrics).item<float>());
  one.sample(folder / "one", metrics);
  two.sample(folder / "two", changed);
  EXPECT_NE(metrics, changed);
}

TEST_F(MotionTaskTest, SavesAWholeRecogniser) {
  MotionTask learner = task();
  learner.save_model(folder / "model");
  vision::Recogniser loaded = vision::load_recogniser(folder / "model/recogniser", {});
  EXPECT_EQ(loaded.config().to_json(), config.to_json());
  EXPECT_NO_THROW(loaded.classify_motion(loaded.classify_frames(at::zeros({2, 96, 96, 3}))));
}

TEST_F(MotionTaskTest, ExtractsFeaturesOnce) {
  RecogniserDatasetSettings settings;
  settings.world = test::small_world();
  RecogniserDataset dataset(settings, nullptr);
  tensor::TrainableWeights weights(1, tensor::lecun_normal);
  vision::FrameClassifier network(tensor::Weights(weights), config.frame, config.frame_classes());
  struct Counts : base::Observer {
    void progress(const std::string&, int64_t, int64_t) override { ++reported; }
    int reported = 0;
  } counts;
  auto extract = [&] { return extract_features(dataset, network, {}, 3, folder / "features.safetensors", counts); };
  MotionFeatures extracted = extract(), again = extract();
  EXPECT_EQ(counts.reported, 3);
  EXPECT_EQ(extracted.geometry.sizes(), at::IntArrayRef({3, vision::num_frames, vision::num_geometry_features}));
  EXPECT_EQ(extracted.appearance.sizes(), at::IntArrayRef({3, vision::num_frames, features}));
  EXPECT_TRUE(again.geometry.equal(extracted.geometry));
  EXPECT_TRUE(again.motion.equal(extracted.motion));
  EXPECT_EQ(extracted.motion[1].item<int64_t>(), dataset.clip(1).motion);
}

}  // namespace
}  // namespace zoetrope::evaluation
