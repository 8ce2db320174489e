#include "zoetrope/training/denoiser_task.h"

#include <cmath>
#include <numeric>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_model.h"
#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "tests/training/logged_losses.h"
#include "zoetrope/base/error.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/generate.h"

namespace zoetrope::training {
namespace {

struct DenoiserTaskTest : testing::Test {
  DenoiserTaskTest() {
    test::write_tiny_autoencoder(folder.path);
    tokenizer = test::write_tiny_vocabulary(folder.path);
    autoencoder = autoencoder::native::load(folder / "vae", {});
    settings.mixture = parse_mixture("32x32x1:8:1,48x32x5:4:1");
    settings.shuffle = {.chunk = 8, .chunks = 2, .repeats = 2, .seed = 0};
    settings.about = {{"world", "dots"}};
  }
  std::unique_ptr<DenoiserTask> task(uint64_t seed = 0) {
    settings.seed = seed;
    text::T5Config text_config = test::tiny_text();
    text_config.vocabulary = text::Tokenizer(tokenizer).vocabulary_size();
    return std::make_unique<DenoiserTask>(ModelParts{dataset, validation, *autoencoder, folder / "vae", tokenizer}, config, text_config,
                                          settings, nullptr, nullptr);
  }
  static LoopSettings loop(int64_t steps) {
    LoopSettings s;
    s.steps = steps;
    s.warmup_steps = 5;
    s.log_every = 2;
    s.sample_every = 0;
    return s;
  }
  /// Trains and returns the losses that were logged.
  std::vector<double> train(DenoiserTask& task, const LoopSettings& loop, const std::string& run, base::Observer&& observer = {}) {
    training::train(task, loop, RunFolder(folder / run, ""), observer);
    return logged_losses(folder / run);
  }
  TemporaryFolder folder;
  data::test::Dots dataset{1}, validation{2};
  transformer::native::Config config = test::tiny_denoiser();
  std::filesystem::path tokenizer;
  std::unique_ptr<autoencoder::native::Autoencoder> autoencoder;
  DenoiserSettings settings;
};

TEST_F(DenoiserTaskTest, LearnsWhichWayTheDataLies) {
  auto learner = task();
  std::vector<double> losses = train(*learner, loop(80), "run");
  auto mean = [](auto begin, auto end) { return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin); };
  EXPECT_LT(mean(losses.end() - 10, losses.end()), 0.85 * mean(losses.begin(), losses.begin() + 5));
}

TEST_F(DenoiserTaskTest, ResumedIsTheSameAsUninterrupted) {
  auto whole = task(), begun = task(), resumed = task();
  std::vector<double> losses = train(*whole, loop(12), "whole");
  EXPECT_THROW(train(*begun, loop(12), "stopped", StopsAfter(5)), base::Cancelled);
  EXPECT_EQ(train(*resumed, loop(12), "stopped"), losses);
  for (const auto& [name, parameter] : whole->parameters()) EXPECT_TRUE(parameter.equal(resumed->parameters().at(name))) << name;
}

TEST_F(DenoiserTaskTest, IsDecidedByTheSeed) {
  auto first = task(1), again = task(1), other = task(2);
  base::Json metrics;
  for (auto& learner : {first.get(), again.get(), other.get()}) learner->begin(3);
  double loss = first->loss(3, metrics).item<double>();
  EXPECT_EQ(again->loss(3, metrics).item<double>(), loss);
  EXPECT_NE(other->loss(3, metrics).item<double>(), loss);
}

TEST_F(DenoiserTaskTest, TrainsEveryParameter) {
  auto learner = task();
  base::Json metrics;
  train(*learner, loop(2), "run");  // what starts at zero hides what lies behind it from the first gradients
  learner->begin(2);
  learner->loss(2, metrics).backward();
  for (const auto& [name, parameter] : learner->parameters()) EXPECT_TRUE(parameter.grad().defined()) << name;
}

TEST_F(DenoiserTaskTest, LearnsStreamsAndActions) {
  config.actions = 3;
  dataset.actions = 3;
  settings.causal_prob = .5;
  settings.mixture = parse_mixture("48x32x9:4:1");
  auto learner = task(), same = task();
  train(*learner, loop(8), "run");
  std::map<std::string, int> kinds;
  base::Json metrics;
  for (int64_t step = 0; step < 20; ++step) {
    same->begin(step);
    base::Json of_step;
    EXPECT_TRUE(std::isfinite(same->loss(step, of_step).item<double>()));
    ++kinds[of_step.items().begin().key()];
  }
  EXPECT_GT(kinds["causal_error"], 4);
  EXPECT_GT(kinds["clip_error"], 4);
  learner->begin(8);
  learner->loss(8, metrics).backward();
  for (const auto& [name, parameter] : learner->parameters()) {
    ASSERT_TRUE(parameter.grad().defined()) << name;
    EXPECT_TRUE(name != "transformer.action_embedding.weight" || parameter.grad().abs().sum().item<double>() > 0);
  }
  transformer::native::Config saved = tensor::read_config<transformer::native::Config>(folder / "run/model/transformer");
  EXPECT_EQ(saved.actions, 3);
  EXPECT_NO_THROW(transformer::native::load(folder / "run/model/transformer", {}));
}

TEST_F(DenoiserTaskTest, ResumesStreams) {
  settings.causal_prob = .5;
  auto whole = task(), begun = task(), resumed = task();
  std::vector<double> losses = train(*whole, loop(8), "whole");
  EXPECT_THROW(train(*begun, loop(8), "stopped", StopsAfter(3)), base::Cancelled);
  EXPECT_EQ(train(*resumed, loop(8), "stopped"), losses);
}

TEST_F(DenoiserTaskTest, SavesAModelThatGenerates) {
  auto learner = task();
  train(*learner, loop(4), "run");
  model::Model model = model::Model::load(folder / "run/model", {});
  EXPECT_EQ(model.defaults().settings.width, 48);
  EXPECT_EQ(model.defaults().settings.frames, 5);
  EXPECT_FLOAT_EQ(model.defaults().settings.shift, std::sqrt(2.f)) << "two latent frames, as it was trained";
  EXPECT_EQ(model.defaults().sizes, (std::vector<std::pair<int64_t, int64_t>>{{32, 32}, {48, 32}}));
  generation::Request request = generation::default_request(model);
  request.prompt = "a red ball";
  request.steps = 2;
  generation::CollectingSink sink = test::generated(request, model);
  EXPECT_EQ(sink.frames().sizes(), (std::vector<int64_t>{5, 32, 48, 3}));
  EXPECT_TRUE(sink.frames().isfinite().all().item<bool>());
  EXPECT_EQ(base::Json::parse(base::read_file(folder / "run/model/zoetrope.json"))["trained_on"]["world"], "dots");
}

TEST_F(DenoiserTaskTest, ShowsSamples) {
  auto learner = task();
  base::Json metrics;
  learner->sample(folder / "sample", metrics);
  EXPECT_GT(std::filesystem::file_size(folder / "sample.png"), 100u);
}

}  // namespace
}  // namespace zoetrope::training
