#include "zoetrope/training/autoencoder_task.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/model/tiny_model.h"
#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "tests/training/logged_losses.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::training {
namespace {

AutoencoderSettings small_settings() {
  AutoencoderSettings s;
  s.shape = {.frames = 5, .height = 32, .width = 32};
  s.crop = 16;
  s.crop_frames = 5;
  s.batch = 4;
  return s;
}

LoopSettings loop(int64_t steps) {
  LoopSettings s;
  s.steps = steps;
  s.warmup_steps = 5;
  s.log_every = steps / 4;
  s.sample_every = 0;
  return s;
}

struct AutoencoderTaskTest : testing::Test {
  AutoencoderTask task(AutoencoderSettings s = small_settings(), tensor::WeightSource* initial = nullptr) {
    return AutoencoderTask(dataset, validation, test::tiny_autoencoder(), s, {}, initial);
  }
  /// Trains and returns the losses that were logged.
  std::vector<double> train(AutoencoderTask& task, const LoopSettings& loop, const std::string& run) {
    base::Observer silent;
    training::train(task, loop, RunFolder(folder / run, ""), silent);
    return logged_losses(folder / run);
  }
  TemporaryFolder folder;
  data::test::Dots dataset{1}, validation{2};
};

/// Shows grey whatever it saw.
class Grey : public autoencoder::VideoAutoencoder {
 public:
  autoencoder::Geometry geometry() const override { return {4, 8, 1}; }
  base::Cost decode_cost(int64_t, int64_t, int64_t) const override { return {}; }
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache&) const override {
    return at::zeros({1, 1, 1, frames.size(3) / 8, frames.size(4) / 8});
  }
  Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const override {
    bool first = cache.first_chunk();
    cache.end_chunk();
    return at::zeros({1, 3, first ? 1 : 4, latent.size(3) * 8, latent.size(4) * 8});
  }
};

TEST(Reconstruction, IsTheMeanOfThePsnrOfClips) {
  data::test::Dots dataset;
  data::ClipShape shape{.frames = 5, .height = 16, .width = 24};
  double all = 0, subject_mask = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    data::Example example = dataset.example(i, shape);
    Tensor error = (example.clip.frames.to(at::kDouble) / 255 - 0.5).square().mean(-1);
    all += -10 * std::log10(error.mean().item<double>()) / 3;
    subject_mask += -10 * std::log10(error.masked_select(example.subject_mask > 127).mean().item<double>()) / 3;
  }
  Reconstruction found = reconstruction(Grey(), dataset, shape, 3);
  EXPECT_NEAR(found.psnr, all, 1e-4);
  EXPECT_NEAR(found.psnr_subject, subject_mask, 1e-4);
}

TEST_F(AutoencoderTaskTest, LearnsToGiveBackWhatItSaw) {
  AutoencoderTask learner = task();
  std::vector<double> losses = train(learner, loop(240), "run");
  EXPECT_LT(losses.back(), 0.5 * losses.front());
}

TEST_F(AutoencoderTaskTest, ResumedIsTheSameAsUninterrupted) {
  AutoencoderTask whole = task();
  std::vector<double> losses = train(whole, loop(8), "whole");
  StopsAfter stops(3);
  AutoencoderTask begun = task(), resumed = task();
  EXPECT_THROW(training::train(begun, loop(8), RunFolder(folder / "stopped", ""), stops), base::Cancelled);
  EXPECT_EQ(train(resumed, loop(8), "stopped"), losses);
  for (const auto& [name, parameter] : whole.parameters()) EXPECT_TRUE(parameter.equal(resumed.parameters().at(name))) << name;
}

TEST_F(AutoencoderTaskTest, SavesAModelWhoseLatentsAreNormalised) {
  AutoencoderTask learner = task();
  train(learner, loop(8), "run");
  at::NoGradGuard no_grad;
  auto model = autoencoder::native::load(folder / "run/model/vae", {});
  std::vector<Tensor> latents;
  for (uint64_t i = 0; i < 64; ++i)
    latents.push_back(model->encode(autoencoder::to_model_range(dataset.example(i, small_settings().shape).clip.frames))[0].flatten(1));
  Tensor all = at::cat(latents, 1);  // [C,n]
  EXPECT_LT(all.mean(1).abs().max().item<double>(), 0.05);
  EXPECT_NEAR(all.var(1).mean().item<double>(), 1, 0.1);
}

TEST_F(AutoencoderTaskTest, ShowsAndMeasuresWhatItHasNotSeen) {
  AutoencoderTask learner = task();
  base::Json metrics;
  learner.sample(folder / "sample", metrics);
  EXPECT_GT(std::filesystem::file_size(folder / "sample.png"), 100u);
  EXPECT_GT(metrics["validation_psnr"].get<double>(), 0);
  EXPECT_TRUE(metrics.contains("validation_psnr_subject"));
}

TEST_F(AutoencoderTaskTest, TrainsTheDecoderAloneWhereTheEncoderIsFrozen) {
  test::write_tiny_autoencoder(folder / "begun");
  tensor::Checkpoint initial(folder / "begun/vae");
  AutoencoderSettings frozen = small_settings();
  frozen.freeze_encoder = true;
  AutoencoderTask learner = task(frozen, &initial);
  for (const auto& [name, parameter] : learner.parameters()) EXPECT_TRUE(name.starts_with("decoder.")) << name;
  train(learner, loop(4), "run");
  tensor::Checkpoint before(folder / "begun/vae"), after(folder / "run/model/vae");
  for (const std::string& name : before.names()) {
    bool same = before.get(name, before.entry(name).shape).equal(after.get(name, before.entry(name).shape));
    if (name.starts_with("encoder.") || name == "decoder.synthesis.weight") {
      EXPECT_EQ(same, name.starts_with("encoder.")) << name;
    }
  }
}

TEST_F(AutoencoderTaskTest, BeginsADecoderThatIsNotThereAsTheBestLinearOne) {
  tensor::TensorMap encoder(pca_encoder(dataset, small_settings().shape, 20, test::tiny_autoencoder().latent_channels));
  AutoencoderTask learner = task(small_settings(), &encoder), fresh = task();
  base::Json fitted, random;
  learner.sample(folder / "fitted", fitted);
  fresh.sample(folder / "random", random);
  EXPECT_GT(fitted["validation_psnr"].get<double>(), random["validation_psnr"].get<double>() + 3);
}

TEST(AutoencoderSettings, AreCheckedBeforeAnythingIsDrawn) {
  EXPECT_NO_THROW(check(small_settings()));
  auto refused = [](auto spoil) {
    AutoencoderSettings s = small_settings();
    spoil(s);
    EXPECT_THROW(check(s), base::UsageError);
  };
  refused([](auto& s) { s.crop = 48; });
  refused([](auto& s) { s.crop = 20; });
  refused([](auto& s) { s.crop = 0; });
  refused([](auto& s) { s.crop_frames = 4; });
  refused([](auto& s) { s.crop_frames = 9; });
  refused([](auto& s) { s.shape.frames = 80; });
  refused([](auto& s) { s.shape.width = 100; });
}

}  // namespace
}  // namespace zoetrope::training
