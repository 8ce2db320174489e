#include "zoetrope/generation/live_stream.h"

#include <gmock/gmock.h>

#include "tests/complaint.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/generation/resolve.h"

namespace zoetrope::generation {
namespace {

using testing::HasSubstr;

struct LiveStreamTest : testing::Test {
  LiveStreamTest() {
    transformer::native::Config denoiser = test::tiny_denoiser();
    denoiser.actions = 3;
    test::write_tiny_model(folder / "model", 1, denoiser);
    model.emplace(model::Model::load(folder / "model", {}));
    PartialRequest asked;
    asked.prompt = "a red ball on a meadow";
    asked.frames = 1;
    request = resolve(asked, *model).request;
  }
  /// The frames of each latent frame, with its action.
  std::vector<Tensor> frames(const std::vector<int64_t>& actions, int64_t window = LiveStream::default_window) const {
    LiveStream stream(request, *model, window);
    std::vector<Tensor> frames;
    for (int64_t action : actions) frames.push_back(stream.next(action));
    return frames;
  }

  TemporaryFolder folder;
  std::optional<model::Model> model;
  Request request;
};

TEST_F(LiveStreamTest, GivesOneFrameThenThoseOfALatentFrame) {
  const std::vector<Tensor> made = frames({0, 0, 1});
  EXPECT_EQ(made[0].sizes(), (std::vector<int64_t>{1, 32, 32, 3}));
  EXPECT_EQ(made[1].sizes(), (std::vector<int64_t>{4, 32, 32, 3}));
  EXPECT_EQ(made[2].sizes(), made[1].sizes());
  EXPECT_GE(made[2].min().item<float>(), 0);
  EXPECT_LE(made[2].max().item<float>(), 1);
}

TEST_F(LiveStreamTest, IsDecidedBySeedAndActions) {
  const std::vector<Tensor> made = frames({0, 1, 2}), again = frames({0, 1, 2});
  for (size_t i = 0; i < made.size(); ++i) EXPECT_TRUE(made[i].equal(again[i])) << i;
  request.seed = 5;
  EXPECT_FALSE(frames({0})[0].equal(made[0]));
}

TEST_F(LiveStreamTest, AnActionChangesWhatComesAndNotWhatWas) {
  const std::vector<Tensor> one = frames({0, 0, 1, 0}), other = frames({0, 0, 2, 0});
  EXPECT_TRUE(one[1].equal(other[1]));
  EXPECT_FALSE(one[2].equal(other[2]));
  EXPECT_FALSE(one[3].equal(other[3]));  // the past is seen
}

TEST_F(LiveStreamTest, SoDoesAPrompt) {
  LiveStream one(request, *model), other(request, *model);
  EXPECT_TRUE(one.next().equal(other.next()));
  other.set_prompt("a blue fish under water");
  EXPECT_FALSE(one.next().equal(other.next()));
}

TEST_F(LiveStreamTest, TakesEverySamplerAndTimesteps) {
  for (const diffusion::Sampler& sampler : diffusion::samplers()) {
    request.sampler = sampler.name;
    for (const Tensor& made : frames({0, 1})) EXPECT_TRUE(made.isfinite().all().item<bool>()) << sampler.name;
  }
  request.sampler = "lcm";
  const Tensor of_steps = frames({0})[0];
  EXPECT_TRUE(frames({0})[0].equal(of_steps)) << "fresh noise comes from the seed";
  request.timesteps = {1, .7}, request.steps = 2;
  EXPECT_FALSE(frames({0})[0].equal(of_steps));
}

TEST_F(LiveStreamTest, AWindowForgetsAllButTheFirst) {
  const std::vector<Tensor> wide = frames({0, 0, 0}, 3), narrow = frames({0, 0, 0}, 1);
  EXPECT_TRUE(wide[1].equal(narrow[1]));  // the first latent frame is always seen
  EXPECT_FALSE(wide[2].equal(narrow[2]));
}

TEST_F(LiveStreamTest, BeginsWithGivenFrames) {
  Tensor given = at::randint(256, {5, 32, 32, 3}, at::kByte);
  LiveStream stream(request, *model);
  Tensor shown = stream.begin_with(given, {0, 1});
  const autoencoder::VideoAutoencoder& autoencoder = *model->components().autoencoder;
  Tensor latents = autoencoder.encode(autoencoder::to_model_range(given));
  EXPECT_TRUE(shown.equal(autoencoder::to_unit_range(autoencoder.decode(latents))));
  EXPECT_EQ(stream.latent_frames(), 2);
  Tensor next = stream.next();
  EXPECT_FALSE(next.equal(frames({0, 1, 0})[2]));
  EXPECT_THROW(stream.begin_with(given), base::Error);
}

TEST_F(LiveStreamTest, WithoutGuidanceOneBranchIsEnough) {
  request.guidance_scale = 1;
  EXPECT_EQ(frames({0, 1}).size(), 2u);
}

TEST_F(LiveStreamTest, RefusesWhatTheModelCannotDo) {
  EXPECT_THAT(complaint<base::InvalidRequest>([&] { frames({3}); }), HasSubstr("action must be from 0 to 2, got 3"));
  test::write_tiny_model(folder / "whole");
  const model::Model whole = model::Model::load(folder / "whole", {});
  EXPECT_THAT(complaint<base::UsageError>([&] { LiveStream(request, whole); }), HasSubstr("makes whole clips only"));
}

}  // namespace
}  // namespace zoetrope::generation
