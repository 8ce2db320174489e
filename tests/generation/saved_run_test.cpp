#include "zoetrope/generation/saved_run.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_dit.h"
#include "tests/model/tiny_model.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/image.h"

namespace zoetrope::generation {
namespace {

/// Cancels once so many steps of sampling are done, in all passes.
class StopsAfterSteps : public base::Observer {
 public:
  explicit StopsAfterSteps(int64_t steps) : left_(steps) {}
  void progress(const std::string& stage, int64_t, int64_t) override { left_ -= stage.starts_with("sampling"); }
  bool cancelled() const override { return left_ <= 0; }

 private:
  int64_t left_;
};

struct SavedRunTest : testing::Test {
  /// Interrupts a request after each step of its `passes`, and goes on from the file: the same bits as at once.
  void expect_the_same_bits(const Request& request, const model::Model& model, int64_t passes = 1) {
    const CollectingSink whole = test::generated(request, model);
    const Saving every_step{folder / "out.latents.safetensors", 0, 0};
    for (int64_t step = 1; step <= passes * request.steps; ++step) {
      std::filesystem::remove(every_step.file);
      StopsAfterSteps stops(step);
      CollectingSink lost;
      EXPECT_THROW(generate(request, model, lost, stops, every_step), base::Cancelled);
      SavedRun saved = read_saved_run(every_step.file);
      EXPECT_EQ(saved.pass * request.steps + saved.state.steps_done, step);
      EXPECT_EQ(request_from_json(base::Json::parse(saved.request)).steps, request.steps);
      CollectingSink sink;
      base::Observer silent;
      generate(request, model, sink, silent, every_step, &saved);
      EXPECT_TRUE(sink.latents().equal(whole.latents())) << request.sampler << ", stopped after step " << step;
      EXPECT_TRUE(sink.frames().equal(whole.frames())) << request.sampler << ", stopped after step " << step;
    }
  }
  TemporaryFolder folder;
};

TEST_F(SavedRunTest, GoesOnToTheSameBitsWithEverySampler) {
  test::write_tiny_model(folder / "model");
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball";
  request.steps = 5;
  media::write_image(folder / "first.png", draw({32, 32, 3}, 1).sigmoid().mul(255).to(at::kByte));
  request.conditions = {{.media = folder / "first.png"}};
  for (const diffusion::Sampler& sampler : diffusion::samplers()) {
    request.sampler = sampler.name;
    expect_the_same_bits(request, model);
  }
}

TEST_F(SavedRunTest, GoesOnToTheSameBitsWithTheNoiseOfDdpm) {
  test::write_tiny_dit(folder / "model", {{"_class_name", "DDPMScheduler"}, {"clip_sample", false}});
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.class_label = "poodle", request.steps = 4;
  expect_the_same_bits(request, model);
}

TEST_F(SavedRunTest, GoesOnToTheSameBitsWhereKnownTokensAreReplaced) {
  test::write_tiny_wan(folder / "model", test::TinyWan::two_experts);
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball", request.width = request.height = 32, request.frames = 5, request.steps = 4;
  expect_the_same_bits(request, model);
}

TEST_F(SavedRunTest, GoesOnInTheSecondPassOfALoop) {
  test::write_tiny_model(folder / "model");
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball", request.frames = 9, request.steps = 2, request.loop = true;
  expect_the_same_bits(request, model, /*passes=*/2);
}

TEST_F(SavedRunTest, GoesOnInAnyWindowOfALongClip) {
  test::write_tiny_model(folder / "model");
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball", request.frames = 25, request.steps = 2;
  expect_the_same_bits(request, model, std::ssize(windows_of(request, model)));
}

TEST_F(SavedRunTest, GoesOnInAnyClipOfAChain) {
  test::write_tiny_wan(folder / "model", test::TinyWan::image_to_video);
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball", request.width = request.height = 16, request.frames = 165, request.steps = 1;
  media::write_image(folder / "first.png", draw({16, 16, 3}, 1).sigmoid().mul(255).to(at::kByte));
  request.conditions = {{.media = folder / "first.png"}};
  expect_the_same_bits(request, model, std::ssize(windows_of(request, model)));
}

TEST_F(SavedRunTest, IsNotWrittenForShortWork) {
  test::write_tiny_model(folder / "model");
  model::Model model = model::Model::load(folder / "model", {});
  Request request = default_request(model);
  request.prompt = "a red ball";
  CollectingSink sink;
  base::Observer silent;
  generate(request, model, sink, silent, {.file = folder / "out.latents.safetensors"});
  EXPECT_FALSE(std::filesystem::exists(folder / "out.latents.safetensors"));
}

TEST_F(SavedRunTest, OtherFilesAreRefused) {
  tensor::write_safetensors(folder / "x.safetensors", {{"x", at::zeros({2})}});
  EXPECT_THAT(complaint<base::UsageError>([&] { read_saved_run(folder / "x.safetensors"); }),
              testing::HasSubstr("is not the file of an unfinished clip"));
}

}  // namespace
}  // namespace zoetrope::generation
