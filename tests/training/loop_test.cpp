#include "zoetrope/training/loop.h"

#include <sstream>

#include <gtest/gtest.h>

#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/random.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::training {
namespace {

/// Learns a linear map from noisy examples: cheap, and with parameters of all kinds.
class LinearTask : public Task {
 public:
  explicit LinearTask(int64_t fails_at = -1) : fails_at_(fails_at) {
    at::Generator generator = base::generator(1);
    parameters_ = {{"hidden", base::randn({4, 6}, generator).requires_grad_()}, {"bias", at::zeros({4}).requires_grad_()}};
    goal_ = base::randn({4, 6}, generator);
  }
  const std::map<std::string, Tensor>& parameters() const override { return parameters_; }
  bool uses_muon(const std::string& name) const override { return name == "hidden"; }
  void begin(int64_t step) override { begun_at = step; }
  Tensor loss(int64_t step, base::Json& metrics) override {
    if (step == fails_at_) throw std::runtime_error("the power failed");
    at::Generator generator = base::generator(base::derive_seed({3, static_cast<uint64_t>(step)}));
    Tensor x = base::randn({8, 6}, generator), y = x.matmul(goal_.t()) + 0.1 * base::randn({8, 4}, generator);
    metrics["batch"] = x[0][0].item<double>();
    return (at::linear(x, parameters_.at("hidden"), parameters_.at("bias")) - y).square().mean();
  }
  void sample(const std::filesystem::path& stem, base::Json& metrics) override {
    base::write_file(stem.string() + ".txt", "a sample");
    metrics["norm"] = parameters_.at("hidden").norm().item<double>();
  }
  void save_model(const std::filesystem::path& folder) override {
    if (save_fails) throw std::runtime_error("the disk is full");
    std::map<std::string, Tensor> values;
    for (auto& [name, parameter] : parameters_) values[name] = parameter.detach();
    tensor::write_safetensors(folder / "model.safetensors", values);
  }

  int64_t begun_at = -1;
  bool save_fails = false;

 private:
  int64_t fails_at_;
  std::map<std::string, Tensor> parameters_;
  Tensor goal_;
};

LoopSettings loop_settings() {
  LoopSettings s;
  s.steps = 17;
  s.warmup_steps = 3;
  s.checkpoint_minutes = 1e9;
  s.log_every = 4;
  s.sample_every = 6;
  return s;
}

/// The lines of metrics.jsonl without the hours, which no two runs share.
std::vector<base::Json> metrics(const std::filesystem::path& run) {
  std::istringstream stream(base::read_file(run / "metrics.jsonl"));
  std::vector<base::Json> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(base::Json::parse(line));
    lines.back().erase("hours");
  }
  return lines;
}

void expect_equal(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, value] : a) EXPECT_TRUE(value.equal(b.at(name))) << name;
}

struct LoopTest : testing::Test {
  RunFolder run(const std::string& name) { return RunFolder(folder / name, ""); }
  void train_whole() {
    LinearTask task;
    base::Observer silent;
    train(task, loop_settings(), run("whole"), silent);
  }
  void expect_the_same_as_whole(const std::string& name) {
    RunState whole = *run("whole").resume(), other = *run(name).resume();
    EXPECT_EQ(other.step, 17);
    EXPECT_EQ(other.loss_sum, whole.loss_sum);
    expect_equal(other.parameters, whole.parameters);
    expect_equal(other.ema, whole.ema);
    expect_equal(other.optimizer, whole.optimizer);
    EXPECT_EQ(metrics(folder / name), metrics(folder / "whole"));
  }
  TemporaryFolder folder;
};

TEST_F(LoopTest, ResumedIsTheSameAsUninterrupted) {
  train_whole();
  for (int64_t stop : {1, 6, 10, 16}) {
    LinearTask task;
    StopsAfter observer(stop);
    EXPECT_THROW(train(task, loop_settings(), run("stopped"), observer), base::Cancelled);
    EXPECT_EQ(run("stopped").resume()->step, stop);
  }
  LinearTask task;
  base::Observer silent;
  train(task, loop_settings(), run("stopped"), silent);
  EXPECT_EQ(task.begun_at, 16);
  expect_the_same_as_whole("stopped");
}

TEST_F(LoopTest, DeadBetweenCheckpointsItGoesBackAndSaysNothingTwice) {
  train_whole();
  LoopSettings often = loop_settings();
  StopsAfter at_five(5);
  base::Observer silent;
  LinearTask first, dies(/*fails_at=*/14), last;
  EXPECT_THROW(train(first, often, run("died"), at_five), base::Cancelled);
  EXPECT_THROW(train(dies, often, run("died"), silent), std::runtime_error);
  EXPECT_EQ(metrics(folder / "died").back()["step"], 12);  // ahead of the checkpoint at 5
  train(last, often, run("died"), silent);
  EXPECT_EQ(last.begun_at, 5);
  expect_the_same_as_whole("died");
}

TEST_F(LoopTest, DeadBeforeTheFirstCheckpointItBeginsAgain) {
  train_whole();
  base::Observer silent;
  LinearTask dies(/*fails_at=*/9), again;
  EXPECT_THROW(train(dies, loop_settings(), run("died"), silent), std::runtime_error);
  EXPECT_FALSE(run("died").resume());
  train(again, loop_settings(), run("died"), silent);
  expect_the_same_as_whole("died");
}

TEST_F(LoopTest, SavesAsOftenAsItIsToldTo) {
  LoopSettings always = loop_settings();
  always.checkpoint_minutes = 0;
  base::Observer silent;
  LinearTask dies(/*fails_at=*/9);
  EXPECT_THROW(train(dies, always, run("run"), silent), std::runtime_error);
  EXPECT_EQ(run("run").resume()->step, 9);
}

TEST_F(LoopTest, TheModelHasTheAveragedWeights) {
  train_whole();
  tensor::SafetensorsFile model(folder / "whole/model/model.safetensors");
  RunState state = *run("whole").resume();
  EXPECT_TRUE(model.tensor("hidden").equal(state.ema.at("hidden")));
  EXPECT_FALSE(model.tensor("hidden").equal(state.parameters.at("hidden")));
  EXPECT_FALSE(std::filesystem::exists(folder / "whole/model.unfinished"));
}

TEST_F(LoopTest, ARunIsNotDoneBeforeItsModelIsWritten) {
  base::Observer silent;
  LinearTask full;
  full.save_fails = true;
  EXPECT_THROW(train(full, loop_settings(), run("run"), silent), std::runtime_error);
  LinearTask again;
  train(again, loop_settings(), run("run"), silent);
  EXPECT_TRUE(std::filesystem::exists(folder / "run/model/model.safetensors"));
}

TEST_F(LoopTest, SamplesAreOfTheAveragedWeightsAndTheirFiguresAreLogged) {
  train_whole();
  EXPECT_TRUE(std::filesystem::exists(folder / "whole/samples/step-0000006.txt"));
  std::vector<int64_t> sampled;
  for (const base::Json& line : metrics(folder / "whole"))
    if (line.contains("norm")) sampled.push_back(line["step"]);
  EXPECT_EQ(sampled, (std::vector<int64_t>{6, 12}));
}

TEST_F(LoopTest, LowersTheLoss) {
  train_whole();
  std::vector<base::Json> lines = metrics(folder / "whole");
  LoopSettings longer = loop_settings();
  longer.steps = 400;
  LinearTask task;
  base::Observer silent;
  train(task, longer, run("longer"), silent);
  EXPECT_LT(metrics(folder / "longer").back()["loss"].get<double>(), 0.1 * lines.front()["loss"].get<double>());
}

TEST_F(LoopTest, AFinishedRunIsLeftAsItIs) {
  train_whole();
  std::vector<base::Json> before = metrics(folder / "whole");
  LinearTask task(/*fails_at=*/17);
  base::Observer silent;
  train(task, loop_settings(), run("whole"), silent);
  EXPECT_EQ(metrics(folder / "whole"), before);
}

TEST_F(LoopTest, ACheckpointOfAnotherModelIsRefused) {
  run("run").save({3, 0, 0, 0, {{"hidden", at::zeros({1})}}, {}, {}});
  LinearTask task;
  base::Observer silent;
  EXPECT_THROW(train(task, loop_settings(), run("run"), silent), base::Error);
}

TEST_F(LoopTest, AGradientThatIsNoNumberEndsTheRun) {
  LoopSettings wild = loop_settings();
  wild.optimizer.muon_lr = wild.optimizer.adam_lr = 1e30;
  LinearTask task;
  base::Observer silent;
  EXPECT_THROW(train(task, wild, run("run"), silent), base::Error);
}

TEST(LearningRate, RisesStaysAndFalls) {
  LoopSettings s;
  s.steps = 1000;
  s.warmup_steps = 100;
  s.decay_fraction = 0.2;
  EXPECT_DOUBLE_EQ(lr_schedule(0, s), 0.01);
  EXPECT_DOUBLE_EQ(lr_schedule(49, s), 0.5);
  EXPECT_DOUBLE_EQ(lr_schedule(99, s), 1);
  EXPECT_DOUBLE_EQ(lr_schedule(800, s), 1);
  EXPECT_DOUBLE_EQ(lr_schedule(900, s), 0.5);
  EXPECT_DOUBLE_EQ(lr_schedule(999, s), 0.005);
  s.warmup_steps = 0;
  s.decay_fraction = 0;
  for (int64_t step : {0, 500, 999}) EXPECT_DOUBLE_EQ(lr_schedule(step, s), 1);
}

}  // namespace
}  // namespace zoetrope::training
