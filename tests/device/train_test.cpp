// Training does on every device what it does on the CPU: the same batches, the same noise, the same steps.
#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/device/strict_device.h"
#include "tests/evaluation/small_world.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "tests/training/logged_losses.h"
#include "zoetrope/evaluation/recogniser/frame_task.h"
#include "zoetrope/evaluation/recogniser/motion_task.h"
#include "zoetrope/training/autoencoder_task.h"
#include "zoetrope/training/denoiser_task.h"

namespace zoetrope::test {
namespace {

struct TrainEverywhere : testing::Test {
  /// The losses and figures of a short run, with a sample and a model at its end, and the weights that it leaves.
  struct Run {
    std::vector<double> losses;
    std::map<std::string, Tensor> weights;
  };
  Run train(training::Task& task) {
    training::LoopSettings loop{.steps = 3, .warmup_steps = 1, .log_every = 1, .sample_every = 0, .optimizer = {}};
    base::Observer silent;
    std::filesystem::path run = folder / fmt::format("run-{}", ++runs);
    training::train(task, loop, training::RunFolder(run, ""), silent);
    Run result{training::logged_losses(run), {}};
    for (const auto& [name, parameter] : task.parameters()) result.weights[name] = parameter.detach().cpu();
    at::NoGradGuard no_grad;
    base::Json figures;
    task.sample(run / "sample", figures);
    return result;
  }
  void expect_the_same_everywhere(const std::function<std::unique_ptr<training::Task>(const tensor::Placement&)>& make) {
    const Run expected = train(*make({}));
    for (at::Device device : devices()) {
      const Run found = train(*make({device, at::kFloat}));
      for (size_t i = 0; i < expected.losses.size(); ++i)
        EXPECT_NEAR(found.losses[i], expected.losses[i], 1e-4 * std::abs(expected.losses[i])) << device << ", step " << i + 1;
      for (const auto& [name, weight] : expected.weights)
        EXPECT_LT((found.weights.at(name) - weight).norm().item<double>(), 1e-2 * weight.norm().item<double>() + 1e-3)
            << device << ", " << name;
    }
  }

  TemporaryFolder folder;
  int runs = 0;
  data::test::Dots dataset{1}, validation{2};
};

TEST_F(TrainEverywhere, Autoencoder) {
  training::AutoencoderSettings settings;
  settings.shape = {.frames = 5, .height = 32, .width = 32};
  settings.crop = 16, settings.crop_frames = 5, settings.batch = 4, settings.pca_clips = 4;
  auto initial = training::pca_encoder(dataset, settings.shape, 4, tiny_autoencoder().latent_channels);
  tensor::TensorMap encoder(initial);
  expect_the_same_everywhere([&](const tensor::Placement& placement) {
    return std::make_unique<training::AutoencoderTask>(dataset, validation, tiny_autoencoder(), settings, placement, &encoder);
  });
}

TEST_F(TrainEverywhere, DenoiserAndTextEncoder) {
  write_tiny_autoencoder(folder.path);
  std::filesystem::path tokenizer = write_tiny_vocabulary(folder.path);
  training::DenoiserSettings settings;
  settings.mixture = training::parse_mixture("32x32x1:8:1,48x32x5:4:1");
  settings.condition_prob = settings.causal_prob = .5;
  settings.shuffle = {.chunk = 8, .chunks = 2, .repeats = 2, .seed = 0};
  text::T5Config text_config = tiny_text();
  text_config.vocabulary = text::Tokenizer(tokenizer).vocabulary_size();
  std::vector<std::unique_ptr<autoencoder::native::Autoencoder>> autoencoders;
  expect_the_same_everywhere([&](const tensor::Placement& placement) {
    autoencoders.push_back(autoencoder::native::load(folder / "vae", placement));
    return std::make_unique<training::DenoiserTask>(
        training::ModelParts{dataset, validation, *autoencoders.back(), folder / "vae", tokenizer}, tiny_denoiser(), text_config, settings,
        nullptr, nullptr);
  });
}

TEST_F(TrainEverywhere, Recogniser) {
  evaluation::RecogniserDatasetSettings settings;
  settings.world = evaluation::test::small_world();
  evaluation::RecogniserDataset frames(settings, nullptr);
  expect_the_same_everywhere([&](const tensor::Placement& placement) {
    return std::make_unique<evaluation::FrameTask>(frames, /*batch=*/4, /*workers=*/1, /*seed=*/1, placement);
  });
}

}  // namespace
}  // namespace zoetrope::test
