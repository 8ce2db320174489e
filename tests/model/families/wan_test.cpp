#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/model/families/families.h"
#include "zoetrope/model/families/wan_image_conditioning.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/transformer/wan/denoiser.h"

namespace zoetrope::model {
namespace {

/// Configurations and weights of denoiser and autoencoder, which is all that the defaults need.
void write_parts(const std::filesystem::path& folder, const base::Json& index, int64_t in_channels = 4) {
  transformer::wan::Config denoiser;
  denoiser.in_channels = in_channels, denoiser.out_channels = 4;
  denoiser.heads = 1, denoiser.head_width = 8, denoiser.feed_forward = 8, denoiser.layers = 1, denoiser.text_width = 4;
  denoiser.frequency_embedding_size = 4;
  autoencoder::wan::Config vae;
  vae.encoder_width = vae.decoder_width = 4, vae.latent_channels = 4, vae.blocks = 1;
  vae.latents_mean.assign(4, 0), vae.latents_std.assign(4, 1);
  vae.set_compression();
  tensor::save_component(folder / "transformer", denoiser.to_json(), {{"x", at::zeros({1})}}, at::kFloat);
  tensor::save_component(folder / "vae", vae.to_json(), {{"x", at::zeros({1})}}, at::kFloat);
  base::write_file(folder / "model_index.json", index.dump());
  base::write_file(folder / "scheduler" / "scheduler_config.json",
                   R"({"_class_name": "DPMSolverMultistepScheduler", "flow_shift": 7.0, "lambda_min_clipped": -Infinity})");
}

TEST(WanFamily, TakesItsDefaultsFromTheSchedulerAndHasThoseOfTheOriginalCodeToo) {
  TemporaryFolder folder;
  write_parts(folder.path, {{"_class_name", "WanPipeline"}});
  Defaults d = wan_family().defaults(folder.path);
  EXPECT_EQ(d.settings.sampler, "dpm++");
  EXPECT_EQ(d.settings.shift, 7);
  EXPECT_EQ(d.settings.preset, "diffusers");
  EXPECT_EQ(d.size_multiple, 16);
  EXPECT_EQ(d.preset("wan").sampler, "unipc");
  EXPECT_THAT(d.preset("wan").negative_prompt, testing::HasSubstr("低质量"));
  EXPECT_THROW(d.preset("paper"), base::UsageError);
}

TEST(WanFamily, HasPresetsOfFewSteps) {
  TemporaryFolder folder;
  write_parts(folder.path, {{"_class_name", "WanPipeline"}});
  Defaults d = wan_family().defaults(folder.path);
  SamplingSettings four = d.preset("4step"), three = d.preset("fastwan");
  EXPECT_EQ(four.sampler, "euler");
  EXPECT_EQ(four.steps, 4);
  EXPECT_EQ(four.shift, 5);
  EXPECT_EQ(four.guidance_scale, 1);
  EXPECT_EQ(four.negative_prompt, "");
  EXPECT_EQ(three.sampler, "lcm");
  EXPECT_EQ(three.timesteps, (std::vector<double>{1000, 757, 522}));
  EXPECT_EQ(three.steps, 3);
  write_parts(folder.path, {{"_class_name", "WanDMDPipeline"}});
  EXPECT_EQ(wan_family().defaults(folder.path).settings, three) << "FastWan's folders";
}

TEST(WanFamily, KnowsHowModelsAreGivenPictures) {
  TemporaryFolder folder;
  write_parts(folder / "t2v", {{"_class_name", "WanPipeline"}});
  write_parts(folder / "ti2v", {{"_class_name", "WanPipeline"}, {"expand_timesteps", true}});
  write_parts(folder / "i2v", {{"_class_name", "WanImageToVideoPipeline"}}, /*in_channels=*/12);
  EXPECT_TRUE(wan_family().defaults(folder / "t2v").one_timestep);
  EXPECT_FALSE(wan_family().defaults(folder / "ti2v").one_timestep);
  EXPECT_TRUE(wan_family().defaults(folder / "i2v").one_timestep);
  EXPECT_TRUE(wan_family().defaults(folder / "i2v").requires_image);
  EXPECT_FALSE(wan_family().defaults(folder / "ti2v").requires_image);
}

TEST(WanFamily, RefusesSchedulersThatItDoesNotKnow) {
  TemporaryFolder folder;
  write_parts(folder.path, {{"_class_name", "WanPipeline"}});
  base::write_file(folder / "scheduler" / "scheduler_config.json", R"({"_class_name": "LCMScheduler"})");
  EXPECT_THROW(wan_family().defaults(folder.path), base::Error);
}

TEST(WanImages, AreReadByDenoisersWithChannelsForThem) {
  transformer::wan::Config config;
  EXPECT_FALSE(is_image_to_video(config));
  config.in_channels = 36;
  EXPECT_TRUE(is_image_to_video(config));
}

}  // namespace
}  // namespace zoetrope::model
