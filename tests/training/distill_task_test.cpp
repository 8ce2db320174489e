#include "zoetrope/training/distill_task.h"

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "tests/training/logged_losses.h"
#include "zoetrope/base/error.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/model/distilled.h"

namespace zoetrope::training {
namespace {

transformer::native::Config teacher_config() {
  transformer::native::Config config = test::tiny_denoiser();
  config.guidance_embedding = true;
  config.actions = 3;
  return config;
}

/// A teacher that is not yet told of guidance: its embedding changes nothing.
void write_teacher(const std::filesystem::path& folder) {
  test::write_tiny_model(folder, 1, teacher_config());
  auto weights = random_weights(2);
  transformer::native::Denoiser denoiser(tensor::Weights(weights), teacher_config());
  std::map<std::string, Tensor> parameters = weights.parameters();
  for (const char* name : {"guidance_out.weight", "guidance_out.bias"}) parameters.at(name) = at::zeros_like(parameters.at(name));
  transformer::native::save(folder / "transformer", teacher_config(), parameters);
}

struct DistillTaskTest : testing::Test {
  DistillTaskTest() {
    write_teacher(folder / "teacher");
    teacher = std::make_unique<model::Model>(model::Model::load({folder / "teacher"}, {}));
    checkpoint = std::make_unique<tensor::Checkpoint>(folder / "teacher" / "transformer");
    settings.mixture = parse_mixture("32x32x1:4:1,48x32x9:2:1");
    settings.shuffle = {.chunk = 8, .chunks = 1, .repeats = 2, .seed = 0};
    dataset.actions = 3;
  }
  DistillTask& task() {
    weights = std::make_unique<LowRankWeights>(*checkpoint, 2, 0);
    student = std::make_unique<transformer::native::Denoiser>(tensor::Weights(*weights), teacher_config());
    made = std::make_unique<DistillTask>(*teacher, folder / "teacher", *student, *weights, dataset, validation, settings);
    made->begin(0);
    return *made;
  }
  std::vector<double> train(int64_t steps, const std::string& run) {
    LoopSettings loop{.steps = steps, .warmup_steps = 2, .log_every = 2, .sample_every = 0, .optimizer = {.adam_lr = 0.02}};
    base::Observer silent;
    training::train(task(), loop, RunFolder(folder / run, ""), silent);
    return logged_losses(folder / run);
  }

  TemporaryFolder folder;
  data::test::Dots dataset{1}, validation{2};
  std::unique_ptr<model::Model> teacher;
  std::unique_ptr<tensor::Checkpoint> checkpoint;
  std::unique_ptr<LowRankWeights> weights;
  std::unique_ptr<transformer::native::Denoiser> student;
  std::unique_ptr<DistillTask> made;
  DistillSettings settings;
};

TEST(StepEnds, AreTheNextLowerSigmas) {
  diffusion::Sigmas sigmas{1, 0.75, 0.5, 0};
  EXPECT_TRUE(step_ends(at::tensor({1.f, .9f, .75f, .6f, .5f, .1f, 0.f}), sigmas).equal(at::tensor({.75f, .75f, .5f, .5f, 0.f, 0.f, 0.f})));
}

TEST_F(DistillTaskTest, ATeacherOfOneStepWithoutGuidanceIsMatchedAlready) {
  settings.lowest_guidance = settings.highest_guidance = 1;
  settings.teacher_steps = 1;
  for (auto [causal, known] : {std::pair{0., 0.}, {0., 1.}, {1., 0.}}) {
    settings.causal_prob = causal, settings.condition_prob = known;
    base::Json metrics;
    for (int64_t step = 0; step < 6; ++step)
      EXPECT_LT(task().loss(step, metrics).item<double>(), 1e-8) << "causal " << causal << ", known " << known << ", step " << step;
  }
}

TEST_F(DistillTaskTest, LearnsWhatGuidanceDoes) {
  settings.lowest_guidance = settings.highest_guidance = 6;
  std::vector<double> losses = train(120, "run");
  auto mean = [](auto begin, auto end) { return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin); };
  EXPECT_LT(mean(losses.end() - 10, losses.end()), 0.8 * mean(losses.begin(), losses.begin() + 5));
}

TEST_F(DistillTaskTest, SavesAModelWithTwoPresets) {
  train(3, "run");
  const model::Model made = model::Model::load({folder / "run" / "model"}, {});
  EXPECT_EQ(made.defaults().settings.preset, model::Distilled::fast);
  EXPECT_EQ(made.defaults().settings.steps, 4);
  auto frames = [&](const model::Model& model, const char* preset, double guidance) {
    generation::PartialRequest asked{.prompt = "a red ball", .guidance_scale = guidance, .seed = 1};
    if (*preset != '\0') asked.preset = preset;
    return test::generated(generation::resolve(asked, model).request, model).frames();
  };
  EXPECT_TRUE(frames(made, model::Distilled::full, 2).equal(frames(*teacher, "", 2))) << "the teacher is still there";
  EXPECT_FALSE(frames(made, model::Distilled::fast, 2).equal(frames(made, model::Distilled::full, 2)));
  EXPECT_FALSE(frames(made, model::Distilled::fast, 2).equal(frames(made, model::Distilled::fast, 5))) << "it is told the scale";
}

TEST_F(DistillTaskTest, TheFastPresetSaysThatItReadsNoNegativePrompt) {
  train(2, "run");
  const model::Model made = model::Model::load({folder / "run" / "model"}, {});
  auto notices = [&](const std::string& preset) {
    std::string all;
    for (const auto& notice : generation::resolve({.prompt = "a red ball", .negative_prompt = "blue", .preset = preset}, made).notices)
      all += notice.text + "\n";
    return all;
  };
  EXPECT_NE(notices("fast").find("the preset fast does not use a negative prompt; the preset full does"), std::string::npos);
  EXPECT_EQ(notices("full").find("does not use a negative prompt"), std::string::npos);
}

TEST_F(DistillTaskTest, RefusesWhatCannotBe) {
  settings.steps = 0;
  EXPECT_THROW(check(settings, *teacher), base::UsageError);
  settings.steps = 4, settings.lowest_guidance = 5, settings.highest_guidance = 2;
  EXPECT_THROW(check(settings, *teacher), base::UsageError);
}

TEST_F(DistillTaskTest, ShowsSamples) {
  base::Json metrics;
  task().sample(folder / "sample", metrics);
  EXPECT_GT(std::filesystem::file_size(folder / "sample.png"), 100u);
}

}  // namespace
}  // namespace zoetrope::training
